"""The dense classifier on a frozen encoder (section 2.4): network, training and scores."""
