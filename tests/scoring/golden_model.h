// A model whose golden vectors hold the outputs of reference_forward.
#pragma once

#include <gtest/gtest.h>

#include "models/weights/weight_file.h"
#include "scoring/forward.h"
#include "scoring/isa.h"
#include "tests/models/weights/random_model.h"

namespace barker {

inline ModelSpec model_with_golden(const std::vector<uint32_t>& hidden = {24, 12}) {
  ModelSpec model = random_model(6, {.hidden = hidden, .uid_buckets = 8});
  const std::string path = temporary_path("golden.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  const auto file = WeightFile::open(path).value();
  const Network network = Network::bind(*file);
  const uint32_t hist[] = {1, 2}, query[] = {3}, profile[] = {51}, uid[] = {60 + 12345 % 8},
                 title[] = {4, 5};
  const std::vector<Bag> groups = {
      {hist, nullptr, 2}, {query, nullptr, 1}, {profile, nullptr, 1}, {uid, nullptr, 1}};
  const std::vector<uint32_t> targets = {7, 8};
  const std::vector<Bag> titles = {{title, nullptr, 2}};
  const ReferenceOutputs out = reference_forward(network, groups, targets, titles);
  GoldenSpec golden;
  golden.groups = {{{fingerprint("word1"), fingerprint("word2")}, {}},
                   {{fingerprint("word3")}, {}},
                   {{fingerprint("profile=f1")}, {}},
                   {{12345}, {}}};
  golden.candidates = {fingerprint("word7"), fingerprint("word8")};
  golden.main_logits = {static_cast<float>(out.main_logits[0]),
                        static_cast<float>(out.main_logits[1])};
  golden.titles = {{{fingerprint("word4"), fingerprint("word5")}, {}}};
  golden.aux_logits = {static_cast<float>(out.aux_logits[0])};
  model.golden = {golden};
  return model;
}

}  // namespace barker
