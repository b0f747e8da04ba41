"""Publishers and subscriptions whose quality of service the middleware does not report on.

Unless it is told otherwise, rclpy waits for two kinds of event of each of them, and looks at every
one whenever anything else happens: for a planner's node that is half of what the executor costs.
"""

from __future__ import annotations

from rclpy.node import (  # their own module has another name on Humble
    PublisherEventCallbacks,
    SubscriptionEventCallbacks,
)

OF_PUBLISHER = PublisherEventCallbacks(use_default_callbacks=False)
"""A subscription that asks for more than is offered is told so by its own side."""
OF_SUBSCRIPTION = SubscriptionEventCallbacks(use_default_callbacks=False)
"""What a publisher offers that does not fit, `SensorSubscription.why_silent` says."""
