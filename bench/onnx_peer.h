// The reference query in ONNX Runtime over the folded tables, where its shared library is present:
// the environment variable ONNXRUNTIME names it (the npm package onnxruntime-node brings one).
#pragma once

#include <memory>

#include "bench/reference_query.h"

namespace barker {

class OnnxPeer {
 public:
  // Null where ONNXRUNTIME is not set. Ends the process with a message where it is set and wrong.
  static std::unique_ptr<OnnxPeer> open(const ReferenceModel& model);
  ~OnnxPeer();

  void run(const ReferenceQuery& query, QueryOutputs& out);

 private:
  OnnxPeer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
