"""The marker of tests that need Ray."""


def pytest_configure(config):
    config.addinivalue_line("markers", "ray: needs Ray Tune, which is installed by .ci/run")
