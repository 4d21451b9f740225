"""The wand: changes in a note what its clinician asks for, and nothing else."""
