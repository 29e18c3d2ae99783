// Reads comma-separated values (RFC 4180) from a file of any size, one record at a time.
#pragma once

#include <string_view>
#include <vector>

#include "index/catalogue/feeds/byte_source.h"
#include "index/catalogue/feeds/feed_row.h"
#include "models/base/lines.h"

namespace barker {

// Reads the header and gives every record to `take`, its cells by the names of their columns.
//
// The separator is ',', ';' or a tab, whichever is most frequent in the header. Quoted cells hold
// separators, line ends of all kinds and doubled quotation marks. A cell that begins with a quoted
// part and goes on behind it is taken as it is written ("5\" screen"). Missing cells at the end of
// a record are empty; a record with more cells than the header goes to `bad`. A byte order mark and
// blank lines are skipped.
//
// Fails when a column of `required` is missing, when a quotation mark is never closed and when a
// record is longer than kLongestRecord; the message names the line. Any thread.
Status read_csv(ByteSource& source, const std::vector<std::string_view>& required, BadLines& bad,
                const TakeRow& take);

}  // namespace barker
