"""barker.read_weights: the arrays are those of the file."""

import json
import subprocess

import barker
import numpy
import pytest


def test_tensors_are_those_that_the_command_lists(weights, command):
    told = json.loads(subprocess.run([command, "inspect", "--json", weights], check=True,
                                     stdout=subprocess.PIPE).stdout)
    found = barker.read_weights(weights)
    assert (found.name, found.version, found.model) == (told["name"], told["version"],
                                                        told["model"])
    assert {name: list(array.shape) for name, array in found.tensors.items()} == {
        tensor["name"]: tensor["shape"] for tensor in told["tensors"]}
    assert {name: array.nbytes for name, array in found.tensors.items()} == {
        tensor["name"]: tensor["bytes"] for tensor in told["tensors"]}
    assert len(found.keywords) == told["keywords"] and len(found.features) == told["features"]


def test_folded_tables_follow_from_the_trained_tensors(weights):
    tensors = barker.read_weights(weights).tensors
    folded = tensors["fold.title"]
    rows = tensors["embedding"][:len(folded)]
    assert numpy.abs(folded).max() > 0.01
    numpy.testing.assert_allclose(folded, rows @ tensors["attention.title"].T, atol=1e-5)


def test_keywords_name_the_rows(weights):
    found = barker.read_weights(weights)
    row = found.row("waterproof")
    assert found.keywords[row] == "waterproof"
    assert found.tensors["embedding"][row].any()
    with pytest.raises(KeyError):
        found.row("never seen")
    assert any(feature.startswith("profile=") for feature in found.features)


def test_arrays_cannot_be_written(weights):
    with pytest.raises(ValueError, match="read-only"):
        barker.read_weights(weights).tensors["embedding"][0, 0] = 1


def test_a_weights_directory_is_its_current_version(weights, command, tmp_path):
    directory = tmp_path / "weights"
    subprocess.run([command, "publish", weights, "--out", directory], check=True,
                   stdout=subprocess.DEVNULL)
    found = barker.read_weights(directory)
    assert found.path.endswith("000001.barker")
    expected = barker.read_weights(weights).tensors
    assert all(numpy.array_equal(found.tensors[name], expected[name]) for name in expected)


def test_other_files_are_refused(weights, tmp_path):
    good = open(weights, "rb").read()
    file = tmp_path / "other.barker"
    damaged = bytearray(good)
    damaged[128:4096] = bytes(4096 - 128)
    for data in (b"", b"short", b"x" * len(good), good[:-1], bytes(damaged)):
        file.write_bytes(data)
        with pytest.raises(ValueError, match="other.barker"):
            barker.read_weights(file)
