// The paper's notation of instances: multi-hot groups, with "{ }" around a group and ";" between
// its features.
//
//   #groups hist sfhist query target profile tags
//   1<TAB>S<TAB>u17:s9:1730000000<TAB>{cotton;retro}{}{dress}{retro}{f;25-29}{vintage:2;cafe}
//   0<TAB>C<TAB>u17:s9:1730000000<TAB>{cotton;retro}{}{dress}{dress;lace}{f;25-29}{vintage:2;cafe}
//
//   line    := label TAB task TAB key TAB group { group } LF   label 0 or 1; task S (SF) or C (ad)
//   key     := user ":" search ":" time                        for joins; no input of a model
//   group   := "{" [ feature { ";" feature } ] "}"
//   feature := token [ ":" weight ]                            weight >= 0; 1 if absent
//
// Inside a token, a "\" stands before each of { } ; : and \, and \t and \n are a tab and a line
// end. The header names the groups. It must name hist (newest keyword first), query and target. The
// target of an S line is one SF, that of a C line the title words of the ad. Consecutive lines with
// the same key are one search.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/data/events.h"
#include "models/data/repeatable_log.h"

namespace barker {

// Whether the text has a header as above.
Result<bool> is_grouped_text(const RepeatableLog& text);

// Calls sink for each search of the text, whose encoding is named if it is not UTF-8. A line that
// cannot be used is reported in `bad`; a header that cannot be used is an error. Returns how many
// lines stand behind the header, blank ones left out; without any it is an error.
Result<uint64_t> read_grouped_text(const RepeatableLog& text, const std::string& encoding,
                                   BadLines& bad,
                                   const std::function<Status(const SearchEvent&)>& sink);

// Writes every instance of the dataset in that notation, with histories cut to the newest
// `history_length` keywords. Keywords and features that training never saw are left out. If an SF
// is such a keyword, its line is left out. sink gets whole lines.
Status write_grouped_text(const Dataset& data, size_t history_length,
                          const std::function<Status(std::string_view)>& sink);

}  // namespace barker
