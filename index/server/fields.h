// Reads the parameters of a query and the fields of a JSON body strictly: a value of another kind,
// a repeated parameter or field and a name that nobody reads are faults that name the field, with
// the name that was probably meant. The first fault is kept; reading on after it is harmless.
//
// One thread. The views of a reader live as long as what it reads.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/server/http_message.h"
#include "index/server/target.h"

namespace barker {

// The named values of a query.
class Parameters {
 public:
  explicit Parameters(const RequestTarget& target) : target_(target) {}

  // Without a limit of its own it has that of the whole target.
  std::optional<std::string> text(const char* name, size_t most_bytes = kMaxTarget);
  std::optional<std::string> user(const char* name);  // an id that GET /v1/users/{id} can name
  std::optional<uint64_t> whole(const char* name, uint64_t least, uint64_t most);
  std::optional<bool> flag(const char* name);  // 0, 1, false or true; without a value: true

  void require(const char* name);  // a fault where it is missing

  // The first fault of all calls, or of a parameter that none of them named. Call it last.
  std::optional<Fault> finish();

 private:
  const std::string* find(const char* name);
  void fail(ProblemKind kind, const std::string& detail, const std::string& field);

  const RequestTarget& target_;
  std::vector<std::string_view> known_;
  std::optional<Fault> fault_;
};

// The fields of a JSON object. `where` is its place in the body ("ads[3]"; empty: the body itself).
class Fields {
 public:
  using Json = nlohmann::json;

  Fields(const Json& object, std::string where, std::optional<Fault>& fault);

  std::optional<std::string> text(const char* name, size_t most_bytes);
  std::string filled_text(const char* name, size_t most_bytes);  // an empty one is a fault
  std::optional<std::string> user(const char* name);  // an id that GET /v1/users/{id} can name
  std::optional<uint64_t> whole(const char* name, uint64_t least, uint64_t most);
  std::optional<double> number(const char* name, double least, double most);
  std::optional<bool> flag(const char* name);
  std::optional<std::vector<std::string>> texts(const char* name, size_t most, size_t most_bytes);
  const Json* list(const char* name, size_t most);  // null: missing or no list
  const Json* object(const char* name);

  void require(const char* name);
  void finish();  // finds fields that no call named

  std::string path_of(const std::string& name) const;
  void fail(ProblemKind kind, const std::string& detail, const std::string& field);

 private:
  const Json* find(const char* name);
  void expected(const char* what, const Json& found, const std::string& field);

  const Json& object_;
  const std::string where_;
  std::optional<Fault>& fault_;
  std::vector<std::string_view> known_;
};

// The parts of a parameter that holds a list with commas between them; empty parts are left out. A
// comma or backslash behind a backslash is a part's own; another backslash stands for itself.
std::vector<std::string> split_list(const std::string& text);

// The fault of a body whose Content-Type, where there is one, is not `taken`.
std::optional<Fault> check_content_type(const HttpRequest& request, std::string_view taken);

// The object that the body of a call without parameters holds, or the fault that says why there is
// none.
std::optional<Fault> parse_body(const HttpRequest& request, nlohmann::json& object);

// One line without its end. Invalid UTF-8 is replaced.
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace barker
