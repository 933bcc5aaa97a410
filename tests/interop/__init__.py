"""Round trips with the real tools, where they are. They do not fit into one environment with each other, so variables name
their programs: ALEATOR_LABEL_STUDIO=.../bin/label-studio, ALEATOR_FIFTYONE=.../bin/python, ALEATOR_DATASETS=.../bin/python.
"""
