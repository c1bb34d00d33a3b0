"""The training engine: one loop for autoencoders and classifiers, with checkpoints that resume bit for bit."""
