// RF-FFGM of the paper's Table 4: frequent subgraphs (Kadhuim and Al-Janabi, Egyptian Informatics
// Journal 24(2), 2023, on DNA). The source mines labelled graphs and predicts nothing; from it are
// the graphs, the frequent subgraphs and the incidence matrix. Our reading:
//
// An SF that was shown is a graph. Its nodes are the keyword v, the search's category, the words of
// the query, and the five newest words of the history that are SFs; a node's label is its kind with
// its word. All of them stand together in one search, so there is an edge between any two. Mined
// are the subgraphs of two and three nodes with v that occur in at least `support` clicked SFs of
// the first 70% of the training searches. A row of the incidence matrix says which of them an SF
// has, and a logistic regression with an L2 penalty learns from it and the twelve inputs. The
// penalty is chosen by the log loss of the validation split.
#pragma once

#include <cstdint>
#include <memory>

#include "models/baselines/baseline.h"

namespace barker {

struct RfFfgmOptions {
  uint32_t support = 20;          // clicked SFs that a subgraph must occur in
  uint32_t most_iterations = 60;  // of the regression's search for the least loss
};

std::unique_ptr<Baseline> make_rf_ffgm(const RfFfgmOptions& options = {});

}  // namespace barker
