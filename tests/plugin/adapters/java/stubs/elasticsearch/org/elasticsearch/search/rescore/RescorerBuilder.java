package org.elasticsearch.search.rescore;

import java.io.IOException;
import java.util.Objects;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.VersionedNamedWriteable;
import org.elasticsearch.index.query.Rewriteable;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.xcontent.ToXContentObject;
import org.elasticsearch.xcontent.XContentBuilder;

/** A stub: see the README of the stubs. */
public abstract class RescorerBuilder<RB extends RescorerBuilder<RB>>
    implements VersionedNamedWriteable, ToXContentObject, Rewriteable<RescorerBuilder<RB>> {
  public static final int DEFAULT_WINDOW_SIZE = 10;

  protected Integer windowSize;

  public RescorerBuilder() {}

  protected RescorerBuilder(StreamInput in) throws IOException {
    windowSize = in.readOptionalVInt();
  }

  @Override
  public final void writeTo(StreamOutput out) throws IOException {
    out.writeOptionalVInt(windowSize);
    doWriteTo(out);
  }

  protected abstract void doWriteTo(StreamOutput out) throws IOException;

  @SuppressWarnings("unchecked")
  public RB windowSize(int size) {
    windowSize = size;
    return (RB) this;
  }

  @Override
  public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
    builder.startObject();
    if (windowSize != null) builder.field("window_size", windowSize);
    doXContent(builder, params);
    return builder.endObject();
  }

  protected abstract void doXContent(XContentBuilder builder, Params params) throws IOException;

  public final RescoreContext buildContext(SearchExecutionContext context) throws IOException {
    return innerBuildContext(windowSize == null ? DEFAULT_WINDOW_SIZE : windowSize, context);
  }

  protected abstract RescoreContext innerBuildContext(
      int windowSize, SearchExecutionContext context) throws IOException;

  @Override
  public int hashCode() {
    return Objects.hash(windowSize);
  }

  @Override
  public boolean equals(Object other) {
    return other != null
        && getClass() == other.getClass()
        && Objects.equals(windowSize, ((RescorerBuilder<?>) other).windowSize);
  }
}
