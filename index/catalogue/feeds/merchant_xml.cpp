#include "index/catalogue/feeds/merchant_xml.h"

#include <expat.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace barker {
namespace {

constexpr std::string_view kGoogle = "http://base.google.com/ns/1.0";

std::string_view local_name(std::string_view name) {
  const size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class XmlParser {
 public:
  XmlParser(std::string name, const TakeRow& take) : name_(std::move(name)), take_(take) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetSkippedEntityHandler(parser_.get(), on_skipped_entity);
    // Without this, a name of HTML such as &eacute; is an error; with it, it is skipped and
    // reported.
    XML_UseForeignDTD(parser_.get(), XML_TRUE);
  }

  Status parse(std::string_view piece, bool last) {
    const XML_Status result =
        XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), last);
    if (!status_.ok()) return status_;
    if (result != XML_STATUS_OK) {
      const XML_Error error = XML_GetErrorCode(parser_.get());
      const bool unknown = error == XML_ERROR_UNKNOWN_ENCODING;
      return bad_data(
          place() + "not XML: " + XML_ErrorString(error) +
          (unknown ? "; convert the file to UTF-8, and name that in its first line" : ""));
    }
    if (last && !any_item_) return bad_data(name_ + ": no <item> and no <entry> in the XML");
    return {};
  }

 private:
  struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  static XmlParser& of(void* user) { return *static_cast<XmlParser*>(user); }
  static void on_start(void* user, const XML_Char* name, const XML_Char** attributes) {
    of(user).look_for_prefix(attributes);
    of(user).start(name);
  }
  static void on_end(void* user, const XML_Char*) { of(user).end(); }
  static void on_text(void* user, const XML_Char* text, int size) {
    of(user).add({text, static_cast<size_t>(size)});
  }
  static void on_skipped_entity(void* user, const XML_Char* name, int is_parameter) {
    if (is_parameter == 0) of(user).add("&" + std::string(name) + ";");
  }

  std::string place() const {
    return name_ + ":" + std::to_string(XML_GetCurrentLineNumber(parser_.get())) + ": ";
  }

  void stop(Status why) {
    status_ = std::move(why);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  // A feed may give Google's namespace another prefix than "g", as libraries that write XML do.
  void look_for_prefix(const XML_Char** attributes) {
    constexpr std::string_view kDeclares = "xmlns:";
    for (; *attributes; attributes += 2) {
      const std::string_view name = attributes[0];
      if (name.starts_with(kDeclares) && attributes[1] == kGoogle) {
        google_prefix_ = std::string(name.substr(kDeclares.size())) + ":";
      }
    }
  }

  void start(std::string_view name) {
    constexpr size_t kDeepest = 1000;
    if (++depth_ > kDeepest) return stop(bad_data(place() + "elements are nested too deeply"));
    if (item_depth_ == 0) {
      const std::string_view local = local_name(name);
      if (local != "item" && local != "entry") return;
      item_depth_ = depth_;
      any_item_ = true;
      size_ = 0;
      row_.fields.clear();
      google_fields_ = 0;
      row_.line = XML_GetCurrentLineNumber(parser_.get());
    } else if (depth_ == item_depth_ + 1) {
      is_google_ = name.starts_with(google_prefix_);
      field_ = field_name(local_name(name));
      text_.clear();
      detail_name_.clear();
      detail_value_.clear();
    } else {
      if (depth_ == item_depth_ + 2) inner_ = local_name(name);
      if (is_prose() && !text_.empty()) text_ += ' ';
    }
  }

  // Atom has descriptions whose markup is not escaped, so that paragraphs are elements.
  bool is_prose() const {
    return field_ == "description" || field_ == "content" || field_ == "summary" ||
           field_ == "title";
  }

  void add(std::string_view text) {
    if (item_depth_ == 0 || depth_ <= item_depth_) return;
    size_ += text.size();
    if (size_ > kLongestRecord) {
      return stop(bad_data(place() + "the item that begins on line " + std::to_string(row_.line) +
                           " is longer than " + std::to_string(kLongestRecord) + " bytes"));
    }
    if (depth_ == item_depth_ + 1 || is_prose()) {
      text_ += text;
    } else if (field_ == "product_detail" && depth_ == item_depth_ + 2) {
      if (inner_ == "attribute_name") detail_name_ += text;
      if (inner_ == "attribute_value") detail_value_ += text;
    }
  }

  void end() {
    if (item_depth_ != 0 && depth_ == item_depth_ + 1) end_field();
    if (item_depth_ != 0 && depth_ == item_depth_) {
      item_depth_ = 0;
      if (Status s = take_(row_); !s.ok()) stop(std::move(s));
    }
    --depth_;
  }

  void end_field() {
    if (field_ == "product_detail") {
      if (!detail_name_.empty()) row_.fields.emplace_back("detail:" + detail_name_, detail_value_);
      return;
    }
    const size_t first = text_.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return;
    std::string text = text_.substr(first, text_.find_last_not_of(" \t\r\n") - first + 1);
    // Google's fields stand before all others, so that they are found first.
    const size_t at = is_google_ ? google_fields_++ : row_.fields.size();
    row_.fields.emplace(row_.fields.begin() + static_cast<std::ptrdiff_t>(at), field_,
                        std::move(text));
  }

  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser_{
      XML_ParserCreate(nullptr)};
  const std::string name_;
  const TakeRow& take_;
  FeedRow row_;
  Status status_;
  std::string google_prefix_ = "g:";
  std::string field_, text_, inner_, detail_name_, detail_value_;
  bool is_google_ = false, any_item_ = false;
  size_t depth_ = 0, item_depth_ = 0;  // 0: outside of items
  size_t size_ = 0;                    // bytes of text of the item so far
  size_t google_fields_ = 0;
};

}  // namespace

Status read_merchant_xml(ByteSource& source, const TakeRow& take) {
  XmlParser parser(source.name(), take);
  std::string_view piece;
  while (source.next(piece)) {
    if (Status s = parser.parse(piece, false); !s.ok()) return s;
  }
  if (!source.status().ok()) return source.status();
  return parser.parse({}, true);
}

}  // namespace barker
