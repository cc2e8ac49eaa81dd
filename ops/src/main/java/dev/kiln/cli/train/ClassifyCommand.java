package dev.kiln.cli.train;

import dev.kiln.ops.data.Split;
import dev.kiln.ops.data.Table;
import dev.kiln.ops.data.TableSchema;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kiln train classify}: a class from the other columns of a table. */
@Command(
    name = "classify",
    description = "Tells the class in one column of a table from the others.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ClassifyCommand extends TableCommand {
  @Option(
      names = "--model",
      paramLabel = "M",
      defaultValue = "mlp",
      description = "logistic or mlp. Default: ${DEFAULT-VALUE}.")
  private String model;

  @Override
  boolean isLinear() {
    return switch (model) {
      case "logistic" -> true;
      case "mlp" -> false;
      default -> throw noModel(model, "logistic, mlp");
    };
  }

  @Override
  TableSchema declared(TableSchema schema, Table table) {
    return schema.classes(target, table.distinct(target).toArray(new String[0]));
  }

  @Override
  List<Split> folds(Table table, int count) {
    return Split.stratifiedFolds(table.codes(target), count, common.seed);
  }

  @Override
  Split split(Table table, double part) {
    return Split.stratified(table.codes(target), part, 0, common.seed);
  }
}
