package dev.kiln.cli.train;

import dev.kiln.ops.data.Scaling;
import dev.kiln.ops.data.Split;
import dev.kiln.ops.data.Table;
import dev.kiln.ops.data.TableSchema;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kiln train regress}: a number from the other columns of a table. */
@Command(
    name = "regress",
    description = "Tells the number in one column of a table from the others.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RegressCommand extends TableCommand {
  @Option(
      names = "--model",
      paramLabel = "M",
      defaultValue = "mlp",
      description = "linear or mlp. Default: ${DEFAULT-VALUE}.")
  private String model;

  @Override
  boolean isLinear() {
    return switch (model) {
      case "linear" -> true;
      case "mlp" -> false;
      default -> throw noModel(model, "linear, mlp");
    };
  }

  @Override
  TableSchema declared(TableSchema schema, Table table) {
    return schema.numbers(Scaling.STANDARD, target);
  }

  @Override
  List<Split> folds(Table table, int count) {
    return Split.folds(table.size(), count, common.seed);
  }

  @Override
  Split split(Table table, double part) {
    return Split.random(table.size(), part, 0, common.seed);
  }
}
