// The other processes of a data-parallel run. Every process holds the whole model and takes its
// part of every batch; gradients are summed, so all stay alike.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

// Calls are collective: every process makes the same ones in the same order. They block until all
// have; an error (a peer that died) throws std::runtime_error.
class Peers {
 public:
  virtual ~Peers() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // values[i] = sum over processes.
  virtual void sum(std::span<float> values) = 0;
  // Concatenates every process's values in rank order; each may bring another number of them.
  virtual std::vector<int64_t> gather(std::span<const int64_t> values) = 0;
  virtual std::vector<float> gather(std::span<const float> values) = 0;
  // Everybody's value becomes rank 0's.
  virtual double from_first(double value) = 0;
};

// Over TCP with c10d's Gloo. `address` "host:port" is where rank 0 listens and the others look.
Result<std::unique_ptr<Peers>> connect_peers(const std::string& address, int rank, int size);

}  // namespace barker
