// Reads a Google Merchant feed as XML, RSS 2.0 or Atom, of any size, one item at a time.
#pragma once

#include "index/catalogue/feeds/byte_source.h"
#include "index/catalogue/feeds/feed_row.h"

namespace barker {

// Gives every <item> or <entry> to `take`. Its child elements are the fields, without their
// namespace prefix; one of Google's namespace, whose prefix is "g" unless the feed declares
// another, goes before one without ("g:title", "title"). An element product_detail gives a field
// "detail:NAME". Other grandchildren, as those of shipping, are not read. Names of HTML, which XML
// does not know, are kept as references ("&eacute;").
//
// Fails at the first place that is no XML; the message names the line. What was given before that
// stays with the taker. Memory is bounded by the longest item (kLongestRecord). Any thread.
Status read_merchant_xml(ByteSource& source, const TakeRow& take);

}  // namespace barker
