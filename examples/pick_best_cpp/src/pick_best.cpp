// Requests a grasp on the newest image of a planner node, and prints pre-grasp and grasp:
//
//   ros2 run pick_best_cpp pick_best [--ros-args -p frame:=base_link -p before:=0.10]
//
// Remap plan_grasps for another node. The exit status is 0 if there is a grasp; otherwise the reason
// is logged.

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "dexnet_msgs/srv/plan_grasps.hpp"
#include "geometry_msgs/msg/pose.hpp"
#include "rclcpp/rclcpp.hpp"

using dexnet_msgs::srv::PlanGrasps;
using geometry_msgs::msg::Pose;
using namespace std::chrono_literals;

constexpr auto kPatience = 30s;

// Returns the pose `metres` before a grasp along its approach. The approach is the +z axis, the third
// column of the rotation matrix of the quaternion.
Pose pose_before(const Pose & grasp, double metres)
{
  const auto & q = grasp.orientation;
  Pose pose = grasp;
  pose.position.x -= metres * 2.0 * (q.x * q.z + q.w * q.y);
  pose.position.y -= metres * 2.0 * (q.y * q.z - q.w * q.x);
  pose.position.z -= metres * (1.0 - 2.0 * (q.x * q.x + q.y * q.y));
  return pose;
}

void print(const char * name, const Pose & pose)
{
  const auto & p = pose.position;
  const auto & q = pose.orientation;
  std::printf(
    "%-10s x y z qx qy qz qw: %+.4f %+.4f %+.4f %+.4f %+.4f %+.4f %+.4f\n", name, p.x, p.y, p.z,
    q.x, q.y, q.z, q.w);
}

int pick(const rclcpp::Node::SharedPtr & node)
{
  const auto frame = node->declare_parameter<std::string>("frame", "");
  const auto before = node->declare_parameter<double>("before", 0.10);
  const auto client = node->create_client<PlanGrasps>("plan_grasps");
  if (!client->wait_for_service(kPatience)) {
    RCLCPP_FATAL(
      node->get_logger(), "no service %s: is the node active?", client->get_service_name());
    return 1;
  }
  auto request = std::make_shared<PlanGrasps::Request>();
  request->num_grasps = 1;
  request->target_frame = frame;
  auto future = client->async_send_request(request).share();
  const auto outcome = rclcpp::spin_until_future_complete(node, future, kPatience);
  if (outcome != rclcpp::FutureReturnCode::SUCCESS) {
    RCLCPP_FATAL(node->get_logger(), "no response from %s", client->get_service_name());
    return 1;
  }
  const auto answer = future.get();
  if (!answer->success) {
    RCLCPP_FATAL(node->get_logger(), "no grasp: %s", answer->reason.c_str());
    return 1;
  }
  const auto & best = answer->grasps.grasps.at(0);
  std::printf(
    "score %.3f, opening %.4f m, in %s\n", best.score, best.width, best.header.frame_id.c_str());
  print("pre-grasp", pose_before(best.pose, before));
  print("grasp", best.pose);
  return 0;
}

int main(int argc, char ** argv)
{
  rclcpp::init(argc, argv);
  const int status = pick(rclcpp::Node::make_shared("pick_best"));
  rclcpp::shutdown();
  return status;
}
