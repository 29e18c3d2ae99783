// The paper's notation of instances: multi-hot groups, "{ }" around a group, ";" between features.
//
//   #groups hist sfhist query target profile tags
//   1<TAB>S<TAB>u17:s9:1730000000<TAB>{cotton;retro}{}{dress}{retro}{f;25-29}{vintage:2;cafe}
//   0<TAB>C<TAB>u17:s9:1730000000<TAB>{cotton;retro}{}{dress}{dress;lace;long}{f;25-29}{vintage:2;cafe}
//
//   line    := label TAB task TAB key TAB group { group } LF   label 0 or 1; task S (SF) or C (ad)
//   key     := user ":" search ":" time                        for joins, never an input
//   group   := "{" [ feature { ";" feature } ] "}"
//   feature := token [ ":" weight ]                            weight 1 where absent, >= 0
//
// "\" stands before { } ; : and \ inside a token, and \t, \n are a tab and a line end. The header
// names the groups; hist (newest first), query and target are required. An S line's target is one
// SF, a C line's are the ad's title words. Lines of one key that follow each other are one search.
#pragma once

#include <functional>
#include <string>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/data/events.h"

namespace barker {

// Calls sink for each search of the file. A line that cannot be used goes to `bad`; a header that
// cannot is an error.
Status read_grouped_text(const std::string& path, BadLines& bad,
                         const std::function<Status(const SearchEvent&)>& sink);

// Every instance of the dataset in that notation, histories cut to the newest `history_length`.
// Keywords and features that training never saw are left out, targets that are such with their
// line. sink gets whole lines.
Status write_grouped_text(const Dataset& data, size_t history_length,
                          const std::function<Status(std::string_view)>& sink);

}  // namespace barker
