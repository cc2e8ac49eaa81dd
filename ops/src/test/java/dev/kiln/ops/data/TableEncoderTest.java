package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import org.junit.jupiter.api.Test;

class TableEncoderTest {
  private static final Table TRAINING =
      table(
          """
          size,colour,grade,note,kind
          1,red,low,one of a kind,cat
          3,blue,high,another,dog
          5,red,mid,yet another,cat
          """);

  private static Table table(String text) {
    return CsvFile.parse(text, "t.csv", CsvFormat.DETECTED);
  }

  private static TableSchema schema() {
    return TableSchema.infer(TRAINING)
        .with("size", Column.number().scaled(Scaling.MIN_MAX))
        .with("grade", Column.ordinal("low", "mid", "high"))
        .with("note", Column.text())
        .classes("kind");
  }

  @Test
  void infersNumbersCategoriesAndText() {
    var text = new StringBuilder("n,c,t,empty\n");
    for (int i = 0; i < 30; i++) {
      text.append(i)
          .append(".5e1,")
          .append(i % 3 == 0 ? "x" : "")
          .append(",t")
          .append(i)
          .append(",\n");
    }
    TableSchema schema = TableSchema.infer(table(text.toString()));
    assertThat(schema.inputs().get("n").kind()).isEqualTo(Column.Kind.NUMBER);
    assertThat(schema.inputs().get("c").kind()).isEqualTo(Column.Kind.CATEGORY);
    assertThat(schema.inputs().get("t").kind()).isEqualTo(Column.Kind.TEXT);
    assertThat(schema.inputs().get("empty").kind()).isEqualTo(Column.Kind.TEXT);
  }

  @Test
  void encodesNumbersCategoriesOrdinalsAndClasses() {
    TableEncoder encoder = TableEncoder.fit(TRAINING, schema());
    EncodedTable encoded = encoder.encode(TRAINING);
    assertThat(encoder.names()).containsExactly("size", "colour=blue", "colour=red", "grade");
    assertThat(encoder.classes()).containsExactly("cat", "dog");
    assertThat(encoded.values()).containsExactly(0, 0, 1, 0, /**/ 0.5f, 1, 0, 2, /**/ 1, 0, 1, 1);
    assertThat(((Targets.Classes) encoded.targets()).indices()).containsExactly(0, 1, 0);
    Sample sample = encoded.get(1);
    assertThat(sample.values()).containsExactly(0.5f, 1, 0, 2);
    assertThat(sample.target()).isEqualTo(new Target.OfClass(1, 2));
  }

  @Test
  void statedOrdersAreKept() {
    TableSchema schema =
        schema()
            .with("colour", Column.category("red", "green", "blue"))
            .classes("kind", "dog", "cat");
    TableEncoder encoder = TableEncoder.fit(TRAINING, schema);
    assertThat(encoder.names())
        .containsExactly("size", "colour=red", "colour=green", "colour=blue", "grade");
    assertThat(encoder.classes()).containsExactly("dog", "cat");
  }

  @Test
  void numericClassesAreOrderedBySize() {
    Table table = table("x,digit\n1,10\n2,9\n3,2\n");
    TableSchema schema = TableSchema.infer(table).classes("digit");
    assertThat(TableEncoder.fit(table, schema).classes()).containsExactly("2", "9", "10");
  }

  @Test
  void scalingIsThatOfTheTrainingPart() {
    TableEncoder encoder = TableEncoder.fit(TRAINING, schema());
    Table test = table("kind,grade,colour,size,more\ndog,low,blue,9,x\n");
    assertThat(encoder.encode(test).values()).containsExactly(2, 1, 0, 0);
  }

  @Test
  void unseenCategoriesAreZerosOrRefused() {
    Table test = table("size,colour,grade,kind\n1,green,low,cat\n");
    assertThat(TableEncoder.fit(TRAINING, schema()).encode(test).values())
        .containsExactly(0, 0, 0, 0);
    var strict = schema().with("colour", Column.category().unseen(Column.Unseen.REFUSED));
    assertThatThrownBy(() -> TableEncoder.fit(TRAINING, strict).encode(test))
        .isInstanceOf(KilnException.class)
        .hasMessage("t.csv: line 2, column \"colour\": \"green\" is none of blue, red");
  }

  @Test
  void missingNumbersAreFilledFromTheTrainingPart() {
    Table training = table("x,y\n1,0\n,0\n2,1\n6,1\n6,0\n");
    Table test = table("x,y\n,1\n");
    TableSchema schema = TableSchema.infer(training).classes("y");
    Object[][] cases = {
      {Missing.MEAN, 3.75f},
      {Missing.MEDIAN, 4f},
      {Missing.MOST_FREQUENT, 6f},
      {Missing.constant("-1"), -1f}
    };
    for (Object[] c : cases) {
      Column column = Column.number().scaled(Scaling.NONE).missing((Missing) c[0]).indicated();
      TableEncoder encoder = TableEncoder.fit(training, schema.with("x", column));
      assertThat(encoder.names()).containsExactly("x", "x missing");
      assertThat(encoder.encode(test).values()).containsExactly((float) c[1], 1);
      assertThat(encoder.encode(training).values()).startsWith(1, 0, (float) c[1], 1);
    }
  }

  @Test
  void rowsWithMissingCellsMayBeDropped() {
    Table training = table("x,y\n1,0\n,0\n3,1\n");
    TableSchema schema =
        TableSchema.infer(training).missingNumbers(Missing.ROW_DROPPED).scaled(Scaling.NONE);
    TableEncoder encoder = TableEncoder.fit(training, schema.classes("y"));
    EncodedTable encoded = encoder.encode(training);
    assertThat(encoded.rows()).containsExactly(0, 2);
    assertThat(encoded.values()).containsExactly(1, 3);
    assertThat(((Targets.Classes) encoded.targets()).indices()).containsExactly(0, 1);
    assertThatThrownBy(() -> encoder.encode(table("x,y\n,0\n,1\n")))
        .hasMessage("t.csv: no row is left; each has a missing cell");
  }

  @Test
  void missingCategoriesBecomeTheMostFrequent() {
    Table training = table("c,y\nb,0\na,0\nb,1\n,1\n");
    TableEncoder encoder = TableEncoder.fit(training, TableSchema.infer(training).classes("y"));
    assertThat(encoder.encode(training).values()).containsExactly(0, 1, 1, 0, 0, 1, 0, 1);
  }

  @Test
  void missingCategoriesMayBeACategoryOfTheirOwn() {
    Table training = table("c,y\nb,0\na,0\n,1\n");
    TableSchema schema =
        TableSchema.infer(training)
            .with("c", Column.category().missing(Missing.constant("none")))
            .classes("y");
    TableEncoder encoder = TableEncoder.fit(training, schema);
    assertThat(encoder.names()).containsExactly("c=a", "c=b", "c=none");
    assertThat(encoder.encode(training).values()).containsExactly(0, 1, 0, 1, 0, 0, 0, 0, 1);
  }

  @Test
  void numbersToTellAreScaledAndComeBack() {
    Table training = table("x,a,b\n1,10,1\n2,20,5\n3,60,9\n");
    TableSchema schema = TableSchema.infer(training).numbers(Scaling.MEAN, "b", "a");
    TableEncoder encoder = TableEncoder.fit(training, schema);
    var targets = (Targets.Numbers) encoder.encode(training).targets();
    assertThat(targets.values()).containsExactly(-0.5f, -0.4f, 0, -0.2f, 0.5f, 0.6f);
    assertThat(encoder.original(1, 0.6)).isEqualTo(60);
    assertThat(encoder.targets()).containsExactly("b", "a");
  }

  @Test
  void stateGoesThroughJson() {
    TableSchema schema =
        schema().with("size", Column.number().indicated().missing(Missing.constant("0.25")));
    TableEncoder encoder = TableEncoder.fit(TRAINING, schema);
    TableEncoder again = TableEncoder.fromJson(encoder.toJson(), "c");
    Table test = table("size,colour,grade,kind\n,red,high,dog\n0.1,blue,low,cat\n");
    assertThat(again.encode(test)).usingRecursiveComparison().isEqualTo(encoder.encode(test));
    assertThat(again.toJson()).isEqualTo(encoder.toJson());
    assertThatThrownBy(() -> TableEncoder.fromJson("{}", "c"))
        .hasMessage("c: is no encoder of tables");
    assertThatThrownBy(() -> TableEncoder.fromJson("{\"kiln\":\"table\"}", "c"))
        .hasMessageStartingWith("c: is no encoder of tables: ");
    assertThatThrownBy(() -> TableEncoder.fromJson("[", "c"))
        .hasMessageStartingWith("c: is no encoder of tables: ");
  }

  @Test
  void inputsNeedNoTarget() {
    TableEncoder encoder = TableEncoder.fit(TRAINING, schema());
    assertThat(encoder.encodeInputs(table("size,colour,grade\n5,red,mid\n")))
        .containsExactly(1, 0, 1, 1);
  }

  /** From a text to batches, as training does it. */
  @Test
  void foldsAreEncodedEachByTheirOwnTrainingPart() {
    var text = new StringBuilder("x,c,y\n");
    for (int i = 0; i < 20; i++) {
      text.append(i * i).append(i % 4 == 0 ? ",p," : ",q,").append(i % 2 == 0 ? "yes\n" : "no\n");
    }
    Table table = table(text.toString());
    TableSchema schema =
        TableSchema.infer(table).classes("y", table.distinct("y").toArray(String[]::new));
    for (Split fold : Split.stratifiedFolds(table.codes("y"), 5, 1)) {
      Table training = table.subset(fold.training());
      TableEncoder encoder = TableEncoder.fit(training, schema);
      double[] x = training.cells("x").stream().mapToDouble(Double::parseDouble).toArray();
      Scaler scaler = Scaler.fit(Scaling.STANDARD, x);
      EncodedTable validation = encoder.encode(table.subset(fold.validation()));
      Batch batch = ExamplePlan.of(validation, 4).batch(0, 0);
      assertThat(batch.shape()).containsExactly(4, 3);
      for (int i = 0; i < 4; i++) {
        int row = fold.validation()[i];
        assertThat(batch.values()[3 * i]).isEqualTo((float) scaler.apply(row * row));
        assertThat(batch.values()[3 * i + 1]).isEqualTo(row % 4 == 0 ? 1 : 0);
        assertThat(((Targets.Classes) batch.targets()).indices()[i]).isEqualTo(1 - row % 2);
      }
    }
  }

  @Test
  void faultsNameFileLineAndColumn() {
    TableEncoder encoder = TableEncoder.fit(TRAINING, schema());
    assertThatThrownBy(() -> encoder.encode(table("size,colour,grade,kind\n1,red,low,cow\n")))
        .hasMessage("t.csv: line 2, column \"kind\": \"cow\" is none of the classes cat, dog");
    assertThatThrownBy(() -> encoder.encode(table("size,colour,grade,kind\n1,red,low,\n")))
        .hasMessage("t.csv: line 2, column \"kind\": the class is missing");
    assertThatThrownBy(() -> encoder.encode(table("size,colour,grade,kind\nbig,red,low,cat\n")))
        .hasMessage("t.csv: line 2, column \"size\": \"big\" is no number");
    assertThatThrownBy(() -> encoder.encode(table("size,colour,grade,kind\n1,red,top,cat\n")))
        .hasMessage("t.csv: line 2, column \"grade\": \"top\" is none of low, mid, high");
    assertThatThrownBy(() -> encoder.encode(table("size,colour,kind\n1,red,cat\n")))
        .hasMessageContaining("has no column \"grade\"");
    var strict = schema().with("size", Column.number().missing(Missing.REFUSED));
    assertThatThrownBy(
            () ->
                TableEncoder.fit(TRAINING, strict)
                    .encode(table("size,colour,grade,kind\n,red,low,cat\n")))
        .hasMessage("t.csv: line 2, column \"size\": is missing; declare what stands in for it");
  }

  @Test
  void schemasRefuseWhatMakesNoSense() {
    assertThatThrownBy(() -> TableEncoder.fit(TRAINING, TableSchema.infer(TRAINING)))
        .hasMessage(
            "no target is declared: which of size, colour, grade, note, kind shall the model"
                + " tell?");
    assertThatThrownBy(() -> schema().classes("what"))
        .hasMessageStartingWith("there is no input column \"what\"; there are size, ");
    assertThatThrownBy(() -> schema().with("kind", Column.number()))
        .hasMessageStartingWith("there is no input column \"kind\"");
    assertThatThrownBy(() -> Column.ordinal("only")).hasMessageContaining("two or more");
    assertThatThrownBy(() -> Column.category("a", "a")).hasMessageContaining("twice");
    assertThatThrownBy(() -> Column.category().missing(Missing.MEAN))
        .hasMessageContaining("cannot become the MEAN");
    assertThatThrownBy(() -> Column.category().scaled(Scaling.ROBUST))
        .hasMessageContaining("cannot be scaled");
    assertThatThrownBy(() -> Column.ordinal("a", "b").unseen(Column.Unseen.ZEROS))
        .hasMessageContaining("no code");
    assertThatThrownBy(
            () ->
                TableEncoder.fit(
                    TRAINING.subset(0, 2), TableSchema.infer(TRAINING).classes("kind")))
        .hasMessage("t.csv: column \"kind\": has 1 classes; there must be two or more");
  }
}
