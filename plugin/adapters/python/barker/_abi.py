"""The structs and functions of barker.h, as ctypes sees them, and the loader of the library.

The names are those of the header without `barker_`. Every struct that has `struct_size` must carry
its size: `make` sees to it.
"""

import ctypes
import os
import pathlib
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int32,
                    c_uint32, c_uint64, c_void_p, sizeof)

ABI_MAJOR, ABI_MINOR = 1, 5
ERROR_SIZE = 256
MAX_SELLING_POINTS = 3
MAX_ARMS, ARM_NAME_SIZE = 4, 32

OK = 0
E_TOO_SMALL = 10
CODES = {1: "invalid argument", 2: "version", 3: "configuration", 4: "not found",
         5: "bad weights", 6: "no weights", 7: "input or output", 8: "internal", 9: "unsupported",
         10: "too small", 11: "reentrant"}
STATUSES = ("rescored", "partial", "bypassed")
REASONS = ("", "deadline", "no weights", "disabled", "non-finite score", "no ads", "internal",
           "no click rates")
AD_OPT_OUT = 1
RESULT_BAD_AD = 1


class String(Structure):
    # A void pointer keeps its address, which c_char_p would turn into bytes.
    _fields_ = [("data", c_void_p), ("size", c_uint64)]


class SellingPoint(Structure):
    _fields_ = [("struct_size", c_uint64), ("text", String), ("fingerprint", c_uint64)]


class Ad(Structure):
    _fields_ = [("struct_size", c_uint64), ("id", String), ("title", String),
                ("first_pass_score", c_double), ("bid", c_double),
                ("title_keywords", POINTER(c_uint64)), ("title_keyword_count", c_uint64),
                ("selling_points", POINTER(SellingPoint)), ("selling_point_count", c_uint64),
                ("selling_point_stride", c_uint64), ("flags", c_uint32), ("reserved", c_uint32),
                ("merchant", String), ("category", String), ("catalogue_ad", c_uint64)]


class Group(Structure):
    _fields_ = [("struct_size", c_uint64), ("name", String), ("tokens", POINTER(String)),
                ("token_count", c_uint64), ("weights", POINTER(c_float))]


class Request(Structure):
    _fields_ = [("struct_size", c_uint64), ("query", String), ("user", String),
                ("user_keywords", POINTER(String)), ("user_keyword_count", c_uint64),
                ("groups", POINTER(Group)), ("group_count", c_uint64), ("group_stride", c_uint64),
                ("ads", POINTER(Ad)), ("ad_count", c_uint64), ("ad_stride", c_uint64),
                ("window", c_uint64), ("deadline_ns", c_uint64), ("shown", c_uint64),
                ("catalogue", c_uint64), ("surface", String), ("visitor", String),
                ("seed", c_uint64), ("user_state", c_void_p), ("user_state_size", c_uint64)]


class Chosen(Structure):
    _fields_ = [("index", c_uint32), ("promoted", c_uint32), ("score", c_double),
                ("begin", c_uint64), ("end", c_uint64)]


class ResultAd(Structure):
    _fields_ = [("struct_size", c_uint64), ("ad", c_uint64), ("score", c_double),
                ("pctr", c_double), ("title_offset", c_uint64), ("title_size", c_uint64),
                ("rescored", c_uint32), ("chosen_count", c_uint32),
                ("chosen", Chosen * MAX_SELLING_POINTS), ("flags", c_uint32),
                ("reserved", c_uint32), ("propensity", c_double)]


class Arm(Structure):
    _fields_ = [("layer", c_char * ARM_NAME_SIZE), ("experiment", c_char * ARM_NAME_SIZE),
                ("arm", c_char * ARM_NAME_SIZE)]


class Response(Structure):
    _fields_ = [("struct_size", c_uint64), ("ads", POINTER(ResultAd)), ("ad_capacity", c_uint64),
                ("ad_stride", c_uint64), ("text", POINTER(c_char)), ("text_capacity", c_uint64),
                ("ad_count", c_uint64), ("text_size", c_uint64), ("status", c_int32),
                ("reason", c_int32), ("generation", c_uint64), ("map_ns", c_uint64),
                ("score_ns", c_uint64), ("choose_ns", c_uint64), ("rewrite_ns", c_uint64),
                ("bad_ads", c_uint64), ("arm_count", c_uint32), ("explored", c_uint32),
                ("arms", Arm * MAX_ARMS), ("arm_policies", c_uint64 * MAX_ARMS)]


STATS = ("queries", "rescored", "partial", "bypassed", "errors", "ads_rescored",
         "titles_rewritten", "loads", "loads_refused", "generation", "query_keywords",
         "query_keywords_unknown", "invalid_utf8", "candidates_scored", "candidates_rescored",
         "screen_violations", "user_tokens", "user_tokens_unknown", "candidates",
         "candidates_unknown", "groups_ignored", "bad_ads", "unknown_surfaces",
         "titles_with_decorations", "titles_with_punctuation", "titles_with_repeats",
         "titles_with_capitals", "user_states", "user_states_other_tower", "user_states_damaged",
         "user_states_learned")


class Stats(Structure):
    _fields_ = [("struct_size", c_uint64)] + [(name, c_uint64) for name in STATS]


LOG = CFUNCTYPE(None, c_void_p, c_int32, String)  # context, level, message


class Host(Structure):
    _fields_ = [("struct_size", c_uint64), ("abi_major", c_uint32), ("abi_minor", c_uint32),
                ("context", c_void_p), ("log", LOG)]


PLUGIN = c_void_p


class Api(Structure):
    _fields_ = [("struct_size", c_uint64), ("abi_major", c_uint32), ("abi_minor", c_uint32),
                ("version", c_char_p),
                ("create", CFUNCTYPE(c_int32, POINTER(Host), String, POINTER(PLUGIN), c_char_p)),
                ("destroy", CFUNCTYPE(None, PLUGIN)),
                ("load_weights",
                 CFUNCTYPE(c_int32, PLUGIN, String, POINTER(c_uint64), c_char_p)),
                ("rollback", CFUNCTYPE(c_int32, PLUGIN, POINTER(c_uint64), c_char_p)),
                ("rescore",
                 CFUNCTYPE(c_int32, PLUGIN, POINTER(Request), POINTER(Response), c_char_p)),
                ("stats", CFUNCTYPE(c_int32, PLUGIN, POINTER(Stats))),
                ("get_extension", CFUNCTYPE(c_void_p, c_char_p)),
                ("text_bound", CFUNCTYPE(c_uint64, PLUGIN, POINTER(Request)))]


class Explain(Structure):
    _fields_ = [("struct_size", c_uint64),
                ("explain",
                 CFUNCTYPE(c_int32, PLUGIN, POINTER(Request), POINTER(String), c_char_p)),
                ("release", CFUNCTYPE(None, String))]


class Prepared(Structure):
    _fields_ = [("struct_size", c_uint64),
                ("begin",
                 CFUNCTYPE(c_int32, PLUGIN, POINTER(Request), POINTER(c_void_p), c_char_p)),
                ("score",
                 CFUNCTYPE(c_int32, c_void_p, POINTER(Ad), POINTER(Response), c_char_p)),
                ("end", CFUNCTYPE(None, c_void_p)),
                ("attraction",
                 CFUNCTYPE(c_int32, c_void_p, POINTER(String), c_uint64, POINTER(c_double),
                           c_char_p))]


def make(struct, **fields):
    return struct(struct_size=sizeof(struct), **fields)


def default_library():
    """libbarker.so: what BARKER_LIBRARY names, or what was installed with this module, or what the
    system finds by that name."""
    named = os.environ.get("BARKER_LIBRARY")
    if named:
        return named
    for parent in pathlib.Path(__file__).resolve().parents:
        if (parent / "libbarker.so").exists():
            return str(parent / "libbarker.so")
    return "libbarker.so"


def load(library):
    """The table of functions of a library."""
    api = Api.in_dll(ctypes.CDLL(library), "barker_entry")
    if api.abi_major != ABI_MAJOR:
        raise ImportError(f"{library}: expected ABI {ABI_MAJOR}, found {api.abi_major}")
    if api.struct_size < sizeof(Api) or api.abi_minor < ABI_MINOR:
        raise ImportError(f"{library}: expected ABI {ABI_MAJOR}.{ABI_MINOR} or later, found "
                          f"{api.abi_major}.{api.abi_minor}")
    return api
