"""Round trips with the real tools, where they are.

They do not fit into one environment with each other, so variables name their programs:
ALEATOR_LABEL_STUDIO=ls/bin/label-studio ALEATOR_FIFTYONE=fo/bin/python ALEATOR_DATASETS=hf/bin/python.
"""
