"""barker.Plugin: answers, errors, threads."""

import dataclasses
import gc
import json
import os
import subprocess
import sys
import threading
import time

import barker
import numpy
import pytest

USER = {"user": "ben", "user_keywords": ["waterproof", "hiking"],
        "groups": {"profile": ["gender=f"], "sfhist": ["free shipping"]}}


def equal(one, other):
    return (one.titles == other.titles and one.chosen == other.chosen
            and numpy.array_equal(one.order, other.order)
            and numpy.array_equal(one.score, other.score)
            and numpy.array_equal(one.pctr, other.pctr, equal_nan=True))


def test_an_answer_has_an_element_for_each_ad(plugin, ads):
    answer = plugin.rescore("running shoes", ads, **USER)
    assert answer.status == "rescored" and answer.reason == "" and answer.generation == 1
    assert sorted(answer.order) == list(range(len(ads)))
    for array, dtype in ((answer.order, numpy.int64), (answer.score, numpy.float64),
                         (answer.pctr, numpy.float64), (answer.propensity, numpy.float64),
                         (answer.rescored, numpy.bool_), (answer.bad, numpy.bool_)):
        assert array.shape == (len(ads),) and array.dtype == dtype
    assert (numpy.diff(answer.score) <= 0).all()
    assert ((answer.pctr > 0) & (answer.pctr < 1)).all()
    assert answer.rescored.all() and not answer.bad.any()
    assert len(answer.titles) == len(answer.chosen) == len(ads)
    chosen = [[ads[ad].selling_points[c.index] for c in some]
              for ad, some in zip(answer.order, answer.chosen)]
    assert any(chosen)
    for title, points in zip(answer.titles, chosen):
        assert title.startswith("".join(f"<em>{point}</em> " for point in points))
        assert "&lt;unisex&gt;" in title


def test_answers_are_those_of_a_host_in_cxx_to_the_last_bit(plugin, ads, weights, direct_host):
    asked = {"query": "running shoes", "ads": [dataclasses.asdict(ad) for ad in ads], **USER}
    told = json.loads(subprocess.run([*direct_host, weights], input=json.dumps(asked), text=True,
                                     check=True, stdout=subprocess.PIPE).stdout)
    answer = plugin.rescore("running shoes", ads, **USER)
    assert told["status"] == answer.status
    assert [ad["ad"] for ad in told["ads"]] == answer.order.tolist()
    assert [ad["score"] for ad in told["ads"]] == answer.score.tolist()
    assert [ad["pctr"] for ad in told["ads"]] == answer.pctr.tolist()
    assert [ad["title"] for ad in told["ads"]] == answer.titles


def test_an_explanation_is_of_the_answer(plugin, ads):
    answer = plugin.rescore("running shoes", ads, **USER)
    told = plugin.explain("running shoes", ads, **USER)
    assert [ad["id"] for ad in told["ads"]] == [ads[i].id for i in answer.order]
    assert [ad["score"] for ad in told["ads"]] == answer.score.tolist()
    assert plugin.stats()["queries"] == 1, "an explanation is not counted"


def test_attraction_is_the_score_of_chosen_selling_points(plugin, ads):
    answer = plugin.rescore("running shoes", ads, **USER)
    scores = {ads[ad].selling_points[c.index]: c.score
              for ad, some in zip(answer.order, answer.chosen) for c in some}
    found = plugin.attraction("running shoes", [*scores, "never seen"], **USER)
    assert found.shape == (len(scores) + 1,)
    # Other batches of keywords round the last bit of a float otherwise.
    assert found[:-1].tolist() == pytest.approx(list(scores.values()), rel=1e-6)
    assert numpy.isnan(found[-1])


def test_weights_of_a_group_change_the_answer(plugin, ads):
    tokens = ["waterproof", "free shipping"]
    same = plugin.rescore("shoes", ads, groups={"sfhist": dict.fromkeys(tokens, 1.0)})
    assert equal(same, plugin.rescore("shoes", ads, groups={"sfhist": tokens}))
    other = plugin.rescore("shoes", ads, groups={"sfhist": {"waterproof": 1, "free shipping": 9}})
    assert not equal(same, other)


def test_without_weights_the_page_is_as_it_came(ads):
    with barker.Plugin() as plugin:
        answer = plugin.rescore("shoes", ads)
        assert (answer.status, answer.reason, answer.generation) == ("bypassed", "no weights", 0)
        assert answer.order.tolist() == list(range(len(ads)))
        assert answer.score.tolist() == [ad.first_pass_score for ad in ads]
        assert numpy.isnan(answer.pctr).all() and not answer.rescored.any()
        assert numpy.isnan(plugin.attraction("shoes", ["waterproof"])).all()


def test_a_page_without_ads_is_an_answer(plugin):
    answer = plugin.rescore("shoes", [])
    assert answer.titles == [] and answer.order.shape == (0,) and answer.score.shape == (0,)
    assert answer.reason == "no ads"


def test_a_passed_deadline_bypasses(plugin, ads):
    assert plugin.rescore("shoes", ads, deadline_ns=time.monotonic_ns() - 1).reason == "deadline"


def test_a_text_that_outgrows_the_buffer_is_answered(plugin):
    ads = [barker.Ad("<" * 60_000) for _ in range(10)]
    assert plugin.rescore("shoes", ads).titles == ["&lt;" * 60_000] * 10


def test_hostile_texts_are_answered(plugin):
    ads = [barker.Ad("shoes \udcff"), barker.Ad(""), barker.Ad("shoes", [""] * 3, bid=-1),
           barker.Ad("shoes", ["x" * 70_000]), barker.Ad("靴 👟", ["防水"])]
    answer = plugin.rescore("sho\x00es \udcff", ads, user="\ud800", user_keywords=["", "\0"])
    assert answer.status == "rescored"
    assert answer.bad[answer.order.tolist().index(2)]
    assert "\ufffd" in answer.titles[answer.order.tolist().index(0)]
    with pytest.raises(barker.BarkerError) as refused:
        plugin.rescore("x" * 70_000, ads)
    assert refused.value.code == 1 and "query" in str(refused.value)


def test_refused_weights_leave_the_old_ones_serving(plugin, ads, tmp_path):
    damaged = tmp_path / "damaged.barker"
    damaged.write_bytes(b"no weights")
    before = plugin.rescore("shoes", ads)
    for path, code in ((damaged, 5), (tmp_path / "nowhere", 4)):
        with pytest.raises(barker.BarkerError) as refused:
            plugin.load_weights(path)
        assert refused.value.code == code
    assert equal(before, plugin.rescore("shoes", ads))
    with pytest.raises(barker.BarkerError, match="no weights"):
        plugin.rollback()


def test_a_wrong_configuration_names_its_key():
    with pytest.raises(barker.BarkerError, match="wimdow"):
        barker.Plugin(config="wimdow = 3")


def test_messages_reach_the_log(weights):
    messages = []
    with barker.Plugin(weights=weights, log=lambda level, text: messages.append((level, text))):
        pass
    assert any(level == 0 and "demo.barker" in text for level, text in messages)


def test_a_closed_plugin_says_so(weights, ads):
    plugin = barker.Plugin(weights=weights)
    plugin.close()
    plugin.close()
    with pytest.raises(ValueError, match="closed"):
        plugin.rescore("shoes", ads)


def descriptors(weights):
    """How many descriptors of the weight file this process has. A plugin keeps one."""
    found = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{descriptor}") == weights
        except FileNotFoundError:  # the one that listed the directory
            pass
    return found


def test_a_plugin_that_was_not_closed_is_freed_with_its_last_reference(weights, ads):
    messages = []
    plugin = barker.Plugin(weights=weights, log=lambda level, text: messages.append(text))
    plugin.rescore("shoes", ads)
    assert descriptors(weights) == 1
    del plugin
    gc.collect()
    assert descriptors(weights) == 0


def test_a_plugin_whose_first_load_raises_is_freed_at_once(weights, monkeypatch):
    def interrupted(self, path, load=barker.Plugin.load_weights):
        load(self, path)
        assert descriptors(weights) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(barker.Plugin, "load_weights", interrupted)
    with pytest.raises(KeyboardInterrupt) as raised:
        barker.Plugin(weights=weights)
    assert raised.tb is not None, "the traceback still refers to the plugin"
    assert descriptors(weights) == 0


def test_an_interpreter_ends_with_a_plugin_that_was_not_closed(weights):
    program = ("import barker, os, sys\n"
               "plugin = barker.Plugin(weights=sys.argv[1], log=lambda *message: None)\n"
               "if os.fork() == 0: sys.exit(0)\n"
               "sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))\n")
    ended = subprocess.run([sys.executable, "-c", program, weights], timeout=60,
                           stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_threads_share_a_plugin_while_weights_are_loaded(plugin, ads, weights):
    expected = {user: plugin.rescore("running shoes", ads, user_keywords=[user])
                for user in ("waterproof", "memory foam")}
    assert not equal(*expected.values())
    wrong = []

    def ask(user):
        for _ in range(100):
            if not equal(plugin.rescore("running shoes", ads, user_keywords=[user]),
                         expected[user]):
                wrong.append(user)

    threads = [threading.Thread(target=ask, args=(user,)) for user in [*expected] * 2]
    for thread in threads:
        thread.start()
    for _ in range(5):
        plugin.load_weights(weights)
    for thread in threads:
        thread.join()
    assert not wrong
    assert plugin.stats()["generation"] == 6


def test_what_a_request_points_to_lives_until_it_was_answered(plugin):
    def texts(n):
        return [barker.Ad("".join(["running shoes ", str(i)]), ["".join(["water", "proof"])])
                for i in range(n)]
    expected = plugin.rescore("shoes", texts(30)).titles
    for _ in range(50):
        gc.collect()
        assert plugin.rescore("".join(["sh", "oes"]), texts(30)).titles == expected


def test_the_library_can_be_named(weights):
    library = os.environ["BARKER_LIBRARY"]
    with barker.Plugin(library, weights) as plugin:
        assert plugin.version
    with pytest.raises(OSError):
        barker.Plugin("/nowhere/libbarker.so")
