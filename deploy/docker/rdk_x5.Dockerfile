# The planner nodes for the RDK X5: arm64, Ubuntu 22.04, Python 3.10, ROS 2 Humble.
#
#   docker build -f deploy/docker/rdk_x5.Dockerfile -t dexnet:rdk-x5 .
#
# Build it on the board, or on a PC with `docker buildx build --platform linux/arm64`. The networks
# run on the CPU; docs/deployment.md describes what the BPU needs.
FROM arm64v8/ros:humble-ros-base AS build
# Versions are not pinned, because Ubuntu's mirrors keep only one version of a package.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements requirements
COPY config config
COPY launch launch
COPY dexnet_msgs dexnet_msgs
COPY dexnet_core dexnet_core
COPY dexnet_ros dexnet_ros
COPY deploy/build.sh deploy/entrypoint.sh deploy/healthcheck.py deploy/
RUN deploy/build.sh /opt/dexnet

FROM arm64v8/ros:humble-ros-base
# User ID of the first user in the vendor's system image.
ARG UID=1000
RUN useradd --create-home --non-unique --no-log-init --uid "$UID" dexnet
COPY --from=build /opt/dexnet /opt/dexnet
ENV PYTHONUNBUFFERED=1
USER ${UID}
WORKDIR /home/dexnet
# On SIGTERM, ros2 launch leaves its nodes running.
STOPSIGNAL SIGINT
ENTRYPOINT ["/opt/dexnet/entrypoint.sh"]
CMD ["ros2", "launch", "dexnet_ros", "suction.launch.py"]
# Importing rclpy takes seconds on the board.
HEALTHCHECK --interval=120s --timeout=40s --start-period=120s --retries=3 \
    CMD ["/opt/dexnet/entrypoint.sh", "/opt/dexnet/healthcheck.py"]
