// Golden vectors as JSON Lines: inputs in words and the trainer's raw logits, before calibration.
//
//   {"groups": {"hist": ["tent", "waterproof"], "query": {"rain jacket": 1, "cheap": 0.5}},
//    "candidates": ["waterproof", "free shipping"], "main_logits": [0.31, -1.2],
//    "titles": [["rain", "jacket"], ["tent"]], "aux_logits": [-2.1, -2.4]}
//
// Every word must have a row in the model: a keyword in the groups of keywords, in the candidates
// and in the titles, "token" of the row "group=token" in the other groups. A group with hash
// buckets takes any token. A token whose text is not known is written as "xxh3:" and the 16
// hexadecimal digits of its fingerprint. Groups that are left out are empty. Pure functions: any
// thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "models/base/result.h"
#include "models/data/events.h"
#include "models/weights/writer.h"

namespace barker {

class GoldenLines {
 public:
  // Takes architecture and names from the model, which must live as long as this object.
  explicit GoldenLines(const ModelSpec& model);

  // The vector of one line. The error says what was expected and what was found.
  Result<GoldenSpec> read(std::string_view line) const;

  // The line of a vector, without its end. Of a token that comes twice with weights, the weights
  // are added, which pools the same.
  std::string write(const GoldenSpec& golden) const;

 private:
  // These throw a json_fields::Wrong.
  GoldenSpec read_fields(const nlohmann::ordered_json& line) const;
  BagSpec read_bag(const GroupSpec& group, const FeatureGroup& tokens) const;
  BagSpec read_keywords(const std::vector<std::string>& words, const std::string& field) const;
  Fingerprint row_of(Fingerprint name, const std::string& text, const std::string& field) const;

  std::string text_of(Fingerprint fingerprint, const std::string& prefix) const;

  const ModelSpec& model_;
  std::unordered_map<Fingerprint, const std::string*> names_;
};

}  // namespace barker
