"""Labels of suction grasps, by the compliant contact model of Dex-Net 3.0."""
