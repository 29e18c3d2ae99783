// LSTM-PSO of the paper's Table 4: a recurrent network whose shape a particle swarm finds
// (Al-Janabi, Mohammad and Al-Sultan, Soft Computing 24, 2020, on polluted air). From the source
// are the network, what the swarm decides (layers, units, activation function) and the scaling of
// inputs. Our reading:
//
// The sequence is the last 30 keywords of the history as vectors (twelve_inputs.h), without the
// time between clicks, which histories do not hold. A perceptron with one hidden layer reads the
// LSTM's last output, the mean vector of the query, the keyword's vector and the twelve inputs.
// Adam learns the weights, which the source leaves to the swarm, too: a swarm does not find a
// hundred thousand numbers. The swarm decides by the better AUC of the validation split after
// one and two epochs, and the network that it found learns until that does not rise any more.
#pragma once

#include <cstdint>
#include <memory>

#include "models/baselines/baseline.h"
#include "models/baselines/metaheuristics.h"

namespace barker {

struct LstmPsoOptions {
  uint32_t most_epochs = 10;
  uint32_t patience = 2;  // epochs without a higher AUC until learning ends
  SearchBudget search = {8, 6};
  size_t search_rows = 4000;  // about so many rows are learned from and judged in the search
  uint32_t search_epochs = 2;
  double most_units = 128;  // of a layer of the LSTM; above 16
  uint64_t seed = 1;
};

std::unique_ptr<Baseline> make_lstm_pso(const LstmPsoOptions& options = {});

}  // namespace barker
