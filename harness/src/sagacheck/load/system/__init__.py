"""What a run stands on: Temporal, services and workers, and the nemesis that kills them."""
