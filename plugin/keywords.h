// The extension barker.keywords/1: the words of a text, as models and catalogues know them.
#pragma once

#include "plugin/barker.h"

namespace barker {

extern const barker_keywords kKeywords;

}  // namespace barker
