"""Records at rest: tables by subject, the engine, and the rule of who may see which row (`scope`)."""
