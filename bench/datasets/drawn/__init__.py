"""Street scenes that are drawn here: images with labels, where no photographs may be had."""
