// The tables of the extensions that have a file of their own, for get_extension() (extensions.cpp).
// They are constant: any thread.
#pragma once

#include "plugin/barker.h"

namespace barker {

extern const barker_explain kExplain;      // query_extensions.cpp
extern const barker_prepared kPrepared;    // query_extensions.cpp
extern const barker_catalogue kCatalogue;  // catalogue_extension.cpp
extern const barker_keywords kKeywords;    // keywords_extension.cpp
extern const barker_learn kLearn;          // learn_extension.cpp

}  // namespace barker
