"""Training of the detector: the arms, the pretrained weights, the one module that talks to ultralytics."""
