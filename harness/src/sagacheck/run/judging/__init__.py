"""From a trial to its verdict: what was expected, what was seen at all, what repeats."""
