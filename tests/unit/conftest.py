"""What several unit tests share and is slow to make."""

import pytest


@pytest.fixture(scope="session")
def training_folder(tmp_path_factory):
    """A base model and a mix to train it on; see `tiny_training`."""
    from support.tiny_training import make_training_folder

    return make_training_folder(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="session")
def trained(training_folder):
    """Folder of an adapter trained in one run on `training_folder`'s mix."""
    from support.tiny_training import train

    return train(training_folder, "NAT")


@pytest.fixture
def key(monkeypatch):
    """A key for endpoints of the loopback interface, which look at none."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-0123456789abcdef")
