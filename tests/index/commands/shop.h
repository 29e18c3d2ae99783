// An index of two ads and weights that know their selling points.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/index/commands/run_command.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/weights/random_model.h"

namespace barker {

struct Shop {
  std::string index = temporary_path("shop"), weights = temporary_path("shop.barker");
  Shop() {
    const std::string catalogue = temporary_path("shop.jsonl");
    std::ofstream(catalogue)
        << R"({"id":"a1","title":"Trail <XL>shoes","bid_terms":["shoes"],"selling_points":["word1","word2"]})"
        << "\n"
        << R"({"id":"a2","title":"Old shoes","bid_terms":["shoes"],"selling_points":["word3"],"opt_out":true})"
        << "\n";
    EXPECT_EQ(run("index --ads " + catalogue + " --out " + index + " 2>/dev/null").code, 0);
    EXPECT_TRUE(write_weight_file(random_model(1), weights).ok());
  }
  std::string search() const { return "search --index " + index + " --weights " + weights + " "; }
};

}  // namespace barker
