"""Event callbacks for publishers and subscriptions without QoS events.

By default, rclpy adds two QoS event handlers to each publisher and subscription, and the executor
checks all of them on every wake-up. For a planner node that is half of the executor's cost.
"""

from __future__ import annotations

from rclpy.node import (  # the module that defines them has another name on Humble
    PublisherEventCallbacks,
    SubscriptionEventCallbacks,
)

OF_PUBLISHER = PublisherEventCallbacks(use_default_callbacks=False)
"""For publishers: incompatible QoS is still reported by the subscription."""
OF_SUBSCRIPTION = SubscriptionEventCallbacks(use_default_callbacks=False)
"""For subscriptions: `SensorSubscription.why_silent` reports incompatible QoS instead."""
