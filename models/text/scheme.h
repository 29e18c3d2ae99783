// The keyword scheme: by which rules a file's texts were split into keywords, and whether this
// process splits by the same. Fingerprints of keywords are worth nothing under other rules, so
// weight files, datasets and ad stores keep a record of the scheme and are refused where it
// differs.
//
// A record is text of some lines: the number of the rules, a digest of their tables and of what
// they make of some texts, the version of ICU, and golden splits, which are texts in the scripts
// that ICU's dictionaries split, with their keywords and the ends of their clauses. Another number
// or digest means other rules. Another ICU may have other dictionaries; it is accepted if it splits
// all the golden texts alike.
//
// Any thread. The functions throw what KeywordSplitter throws.
#pragma once

#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

// The record of this process. Made once; some milliseconds.
const std::string& keyword_scheme_record();

// Whether this process splits as the one that wrote `record`; empty: the file has none, for it is
// older than such records. The error says what differs, and then `rebuild`, which says by which
// command the file is made anew ("train it again with barker-train train") unless the caller does.
Status check_keyword_scheme(std::string_view record, std::string_view rebuild);

}  // namespace barker
