"""barker in Python: the rescoring plugin over its C ABI, and weight files as numpy arrays.

    import barker

    with barker.Plugin(weights="model.barker") as plugin:
        answer = plugin.rescore("running shoes",
                                [barker.Ad("Road shoes", ["waterproof", "lightweight"], bid=0.4)],
                                user="ben", user_keywords=["hiking"])
        print(answer.titles, answer.pctr)

    weights = barker.read_weights("model.barker")
    weights.tensors["embedding"]  # float32 [rows, dim]
"""

from ._plugin import Ad, Answer, BarkerError, Chosen, Plugin
from ._weights import Weights, read_weights

__all__ = ["Ad", "Answer", "BarkerError", "Chosen", "Plugin", "Weights", "read_weights"]
