"""barker in Python: the rescoring plugin over its C ABI, and weight files and datasets as
numpy arrays.

    import barker

    with barker.Plugin(weights="model.barker") as plugin:
        answer = plugin.rescore("running shoes",
                                [barker.Ad("Road shoes", ["waterproof", "lightweight"], bid=0.4)],
                                user="ben", user_keywords=["hiking"])
        print(answer.titles, answer.pctr)

    weights = barker.read_weights("model.barker")
    weights.tensors["embedding"]  # float32 [rows, dim]

    data = barker.read_dataset("log.data")  # of `barker-train prepare`
    data.instances("test")  # search, user, time, position, what, clicked, truth of each SF shown
"""

from ._dataset import UNKNOWN_KEYWORD, Dataset, Search, Texts, read_dataset
from ._plugin import Ad, Answer, BarkerError, Chosen, Plugin
from ._weights import Weights, read_weights

__all__ = ["Ad", "Answer", "BarkerError", "Chosen", "Dataset", "Plugin", "Search", "Texts",
           "UNKNOWN_KEYWORD", "Weights", "read_dataset", "read_weights"]
