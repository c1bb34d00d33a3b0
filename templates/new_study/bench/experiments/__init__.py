"""One module per experiment: ``plan(config)`` lists its tasks, ``run(context)`` computes one of them."""
