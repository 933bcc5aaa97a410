from tests.threads import one_thread_in_package  # noqa: F401
