// A mapping file: where the fields of an ad stand in a feed of any other shape.
//
//   format = "jsonl"               # or "csv", which also reads TSV; "jsonl" is the default
//   [fields]                       # a field of ours = a path in the feed
//   id = "sku"
//   title = "name.en"
//   selling_points = "features"    # a list, or a text between ';', '|' or line ends
//   [attributes]                   # any names
//   colour = "specs.colour"
//
// A path is names between dots; a number is a place in a list ("offers.0.price"), counted from 0.
// For CSV it is the name of a column.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/catalogue/feed_notes.h"
#include "index/catalogue/feeds/feed_product.h"
#include "index/catalogue/feeds/feed_row.h"
#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

struct FeedMap {
  bool csv = false;
  std::vector<std::pair<std::string, std::string>> fields;      // field, path
  std::vector<std::pair<std::string, std::string>> attributes;  // name, path

  // Fails for an unknown field or key and where id or title is missing.
  static Result<FeedMap> load(const std::string& path);
};

// The product of a row whose fields are named by the paths of the map.
FeedProduct mapped_product(const FeedMap& map, const FeedRow& row, FeedNotes& notes);

// Gives each JSON line as a row whose fields are named by the paths of the map; a list gives
// several fields. Lines that are not JSON go to `bad`; blank lines are skipped. A path that no line
// has is noted, with the first line's number.
Status read_mapped_lines(const std::string& path, const FeedMap& map, FeedNotes& notes,
                         BadLines& bad, const TakeRow& take);

}  // namespace barker
