package com.barker;

import java.io.Closeable;
import java.io.IOException;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.DoubleDocValuesField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.SortedNumericDocValuesField;
import org.apache.lucene.document.SortedSetDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.NumericUtils;

/** The ads of the test page in an index of three segments, and the first pass that found them. */
final class TestIndex implements Closeable {
  /** Whose kinds of doc values the fields have. */
  enum Kind {
    LUCENE,
    SOLR,
    OPENSEARCH // and Elasticsearch
  }

  final DirectoryReader reader;
  final IndexSearcher searcher;

  /** The documents in the order of the test page, which is not that of the index. */
  final TopDocs firstPass;

  TestIndex(Kind kind) throws IOException {
    final ByteBuffersDirectory directory = new ByteBuffersDirectory();
    final IndexWriterConfig config =
        new IndexWriterConfig().setMergePolicy(NoMergePolicy.INSTANCE);
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < TestPage.ADS; ++i) {
        writer.addDocument(document(kind, shuffled(i)));
        if (i % 20 == 19) writer.commit();
      }
    }
    reader = DirectoryReader.open(directory);
    searcher = new IndexSearcher(reader);
    final ScoreDoc[] hits = new ScoreDoc[TestPage.ADS];
    for (int ad = 0; ad < hits.length; ++ad) {
      final TopDocs found = searcher.search(new TermQuery(new Term("key", "" + ad)), 1);
      hits[ad] = new ScoreDoc(found.scoreDocs[0].doc, (float) TestPage.firstPass(ad), 0);
    }
    firstPass = new TopDocs(new TotalHits(1234, TotalHits.Relation.EQUAL_TO), hits);
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }

  private static int shuffled(int i) {
    return i * 17 % TestPage.ADS;
  }

  private static Document document(Kind kind, int ad) {
    final Document document = new Document();
    document.add(new StringField("key", "" + ad, Field.Store.NO));
    document.add(text(kind, "id", "ad" + ad));
    document.add(text(kind, "title", TestPage.title(ad)));
    if (kind == Kind.LUCENE) {
      document.add(text(kind, "selling_points", String.join("\n", TestPage.points(ad))));
    } else {
      for (String point : TestPage.points(ad)) {
        document.add(new SortedSetDocValuesField("selling_points", new BytesRef(point)));
      }
    }
    document.add(
        kind == Kind.OPENSEARCH
            ? new SortedNumericDocValuesField(
                "bid", NumericUtils.doubleToSortableLong(TestPage.bid(ad)))
            : new DoubleDocValuesField("bid", TestPage.bid(ad)));
    return document;
  }

  private static Field text(Kind kind, String name, String text) {
    return switch (kind) {
      case LUCENE -> new BinaryDocValuesField(name, new BytesRef(text));
      case SOLR -> new SortedDocValuesField(name, new BytesRef(text));
      case OPENSEARCH -> new SortedSetDocValuesField(name, new BytesRef(text));
    };
  }
}
