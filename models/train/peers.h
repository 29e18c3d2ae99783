// The processes of a data-parallel run. Every process holds the whole model and takes its part of
// every batch. Gradients are summed over the processes, so the models stay equal. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

// What a collective call throws when it fails, most often because another process of the run ended.
class LostPeer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Calls are collective: every process makes the same calls in the same order, and a call returns
// when all processes have made it. A call that fails throws LostPeer.
class Peers {
 public:
  virtual ~Peers() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Every values[i] becomes its sum over the processes.
  virtual void sum(std::span<float> values) = 0;
  // Concatenates the values of all processes in rank order. Their numbers may differ.
  virtual std::vector<int64_t> gather(std::span<const int64_t> values) = 0;
  virtual std::vector<float> gather(std::span<const float> values) = 0;
  // The value of rank 0, on every process.
  virtual double from_first(double value) = 0;
};

// Connects the processes over TCP with Gloo of c10d. `address` is "host:port": rank 0 listens
// there, and the other processes connect to it.
Result<std::unique_ptr<Peers>> connect_peers(const std::string& address, int rank, int size);

}  // namespace barker
