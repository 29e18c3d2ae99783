import os
import pathlib

import barker
import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[4]


@pytest.fixture
def weights():
    return str(SOURCE / "models/simulate/demo.barker")


@pytest.fixture
def plugin(weights):
    with barker.Plugin(weights=weights) as made:
        yield made


@pytest.fixture
def ads():
    points = ["waterproof", "free shipping", "lightweight", "memory foam"]
    return [barker.Ad(f"Trail running shoes {i} <unisex>", points[i % 3:] + points[:i % 2],
                      bid=0.2 + 0.1 * (i % 7), first_pass_score=10 - 0.1 * i, id=f"ad{i}",
                      merchant=f"m{i % 3}")
            for i in range(40)]


@pytest.fixture
def command():
    """The barker command of this build."""
    return os.environ["BARKER_COMMAND"]


@pytest.fixture
def direct_host():
    """A host in C++ that asks the same plugin: words of a command, to be followed by weights."""
    return [os.environ["BARKER_DIRECT_HOST"], os.environ["BARKER_LIBRARY"]]
