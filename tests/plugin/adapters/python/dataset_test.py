"""barker.read_dataset: the arrays are what `barker-train show` prints."""

import json
import os
import subprocess

import barker
import numpy
import pytest


@pytest.fixture(scope="module")
def train():
    """The barker-train command of this build."""
    return os.environ["BARKER_TRAIN"]


@pytest.fixture(scope="module")
def file(train, tmp_path_factory):
    made = tmp_path_factory.mktemp("data") / "world.data"
    subprocess.run([train, "generate", "click-world", "--user-count", "60", "--data-out", made],
                   check=True, stdout=subprocess.DEVNULL)
    return made


def shown(train, file, split, task):
    told = subprocess.run([train, "show", "--data", file, "--json", "--limit", "0", "--split", split,
                           "--task", task], check=True, stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in told.splitlines()]


def texts(data, keywords):
    return [None if k == barker.UNKNOWN_KEYWORD else data.keywords[k] for k in keywords]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("task", ["main", "auxiliary"])
def test_instances_are_those_that_the_command_shows(train, file, split, task):
    data = barker.read_dataset(file)
    expected = shown(train, file, split, task)
    found = data.instances(split, task)
    assert len(found) == len(expected) > 0
    assert found["search"].tolist() == [row["search"] for row in expected]
    assert found["position"].tolist() == [row["position"] for row in expected]
    assert found["clicked"].tolist() == [row["label"] for row in expected]
    assert found["time"].tolist() == [row["time"] for row in expected]
    assert [data.users[user] for user in found["user"]] == [row["user"] for row in expected]
    numpy.testing.assert_allclose(found["truth"], [row["truth"] for row in expected], rtol=1e-6)


def test_searches_have_their_histories_queries_and_features(train, file):
    data = barker.read_dataset(file)
    for row in shown(train, file, "test", "main"):
        search = data.search(row["search"])
        assert (search.split, search.time) == (row["split"], row["time"])
        assert data.categories[search.category] == row["category"]
        assert texts(data, search.query) == row["query"]
        assert texts(data, search.history) == row["history"]
        assert texts(data, search.sf_history) == row["sf_history"]
        features = {name: [data.features[f].split("=", 1)[1] for f in numbers]
                    for name, (numbers, weights) in search.groups.items()}
        assert features == {name: [token["token"] for token in tokens]
                            for name, tokens in row["groups"].items()}
        assert texts(data, search.sfs)[row["position"] - 1] == row["keyword"]


def test_ads_are_their_titles(train, file):
    data = barker.read_dataset(file)
    for row, instance in zip(shown(train, file, "test", "auxiliary"),
                             data.instances("test", "auxiliary")):
        assert texts(data, data.title(instance["what"])) == row["title"]


def test_predictions_stand_beside_the_instances(train, file, tmp_path):
    predictions = tmp_path / "p.npy"
    subprocess.run([train, "evaluate", "--data", file, "--baseline", "popularity", "--predictions",
                    predictions], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    predicted = numpy.load(predictions)
    predicted = predicted[(predicted["model"] == predicted["model"][0]) &
                          (predicted["task"] == predicted["task"][0])]
    instances = barker.read_dataset(file).instances("test")
    for field, same in (("search", "search"), ("position", "position"), ("label", "clicked")):
        assert predicted[field].tolist() == instances[same].tolist()


def test_numbers_beyond_the_end_are_refused(file):
    data = barker.read_dataset(file)
    for wrong in (lambda: data.search(len(data)), lambda: data.users[len(data.users)],
                  lambda: data.title(10**9)):
        with pytest.raises(IndexError):
            wrong()
    with pytest.raises(ValueError):
        data.instances("tomorrow")


def test_arrays_cannot_be_written(file):
    with pytest.raises(ValueError, match="read-only"):
        barker.read_dataset(file).columns["sf.clicked"][0] = 1


def test_other_files_are_refused(file, weights, tmp_path):
    good = file.read_bytes()
    other = tmp_path / "other.data"
    for damaged in (b"", good[:100], good[:-1], b"X" + good[1:], good[:12] + b"\x07" + good[13:]):
        other.write_bytes(damaged)
        with pytest.raises(ValueError, match="other.data: "):
            barker.read_dataset(other)
    with pytest.raises(ValueError, match="expected a dataset"):
        barker.read_dataset(weights)
    with pytest.raises(FileNotFoundError):
        barker.read_dataset(tmp_path / "nowhere")
    # A section that would lie behind the end of the file.
    far = bytearray(good)
    far[248:256] = (2**40).to_bytes(8, "little")
    other.write_bytes(far)
    with pytest.raises(ValueError, match="section searches"):
        barker.read_dataset(other)
