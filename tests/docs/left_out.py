"""What the pages tell people to type and no test here does, each with the reason. All else is run."""

NOT_RUN = {
    "pip install": "asks an index; tests/test_release.py installs the wheel, and that the extras exist is tested",
    "python -m benchmarks": "minutes to days, on data of the reader's; parsed here, measured small in tests/benchmarks",
    "curl -H": "asks a Label Studio that runs; tests/interop starts one",
    "python faces/load.py": "wants FiftyOne; tests/interop/test_fiftyone.py runs it with one",
    "docker compose": "wants Docker; tests/test_containers.py checks the files, and what runs inside is parsed",
    "aleator audit photos/ -o audit --backbone timm:resnet50 --on ray --ray-address": "the address of a cluster",
}
"""Lines by how they begin."""

NOT_EXECUTED = {
    "datasets.load_dataset(": "Hugging Face's datasets; tests/interop/test_hugging_face.py reads such data",
    "torchvision.datasets.": "torchvision; tests/data/test_objects.py reads data sets of its kind",
    "scipy.sparse.csr_array(...)": "stands for the reader's own probabilities",
    "as_datalab(audit)": "cleanlab's Datalab and what it is made with; tests/interop/test_cleanlab.py makes one",
    "lab.": "the same",
    "aleator.Where(": "the address of a cluster; tests/workers starts one",
}
"""Python statements by what is in them."""

PAGES_NOT_EXECUTED = {
    "keras.md": "wants Keras; tests/keras runs its layers and losses where Keras is",
}
