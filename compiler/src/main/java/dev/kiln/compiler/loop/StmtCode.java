package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Rewriter;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Questions to driver statements, and copies of them with other parts. */
final class StmtCode {
  private StmtCode() {}

  /** The statements nested directly in a loop or branch. */
  static List<List<LoopStmt>> bodies(LoopStmt statement) {
    return switch (statement) {
      case LoopStmt.For s -> List.of(s.body());
      case LoopStmt.While s -> List.of(s.before(), s.body());
      case LoopStmt.If s -> List.of(s.thenBody(), s.elseBody());
      case LoopStmt.Scalar s -> List.of();
      case LoopStmt.ReadElement s -> List.of();
      case LoopStmt.WriteElement s -> List.of();
      case LoopStmt.Nest s -> List.of();
      case LoopStmt.Dot s -> List.of();
      case LoopStmt.Scan s -> List.of();
      case LoopStmt.MapElementwise s -> List.of();
      case LoopStmt.Histogram s -> List.of();
      case LoopStmt.Print s -> List.of();
    };
  }

  /** The references of a statement itself, nested statements left out. */
  static List<TileRef> refs(LoopStmt statement) {
    List<TileRef> refs = new ArrayList<>();
    mapRefs(
        statement,
        ref -> {
          refs.add(ref);
          return ref;
        },
        body -> body);
    return refs;
  }

  /** The driver scalars that a statement itself uses, nested statements left out. */
  static List<Value> operands(LoopStmt statement) {
    List<Value> used = new ArrayList<>();
    switch (statement) {
      case LoopStmt.Scalar s -> {
        used.addAll(s.op().operands());
        s.op().blocks().forEach(b -> used.addAll(Uses.captured(b)));
      }
      case LoopStmt.ReadElement s -> {}
      case LoopStmt.WriteElement s -> used.add(s.value());
      case LoopStmt.For s -> {
        used.addAll(List.of(s.lower(), s.upper(), s.step()));
        used.addAll(s.inits());
        used.addAll(s.yields());
      }
      case LoopStmt.While s -> {
        used.addAll(s.inits());
        used.add(s.condition());
        used.addAll(s.forwarded());
        used.addAll(s.yields());
      }
      case LoopStmt.If s -> {
        used.add(s.condition());
        used.addAll(s.thenYields());
        used.addAll(s.elseYields());
      }
      case LoopStmt.Nest s -> s.body().forEach(lane -> used.addAll(LaneCode.operands(lane)));
      case LoopStmt.Dot s -> {
        s.repeats().ifPresent(used::add);
        for (LoopStmt.Factor factor : List.of(s.a(), s.b())) {
          factor.bounds().forEach(b -> LaneCode.addBound(b, used));
          factor.steady().ifPresent(used::add);
        }
      }
      case LoopStmt.Scan s -> used.addAll(Uses.captured(s.combine()));
      case LoopStmt.MapElementwise s -> used.addAll(Uses.captured(s.body()));
      case LoopStmt.Histogram s -> {}
      case LoopStmt.Print s -> s.operands().forEach(o -> o.scalar().ifPresent(used::add));
    }
    refs(statement).forEach(ref -> LaneCode.addRef(ref, used));
    return used;
  }

  static void visit(List<LoopStmt> body, Consumer<LoopStmt> action) {
    for (LoopStmt statement : body) {
      action.accept(statement);
      bodies(statement).forEach(nested -> visit(nested, action));
    }
  }

  /** A copy with other references; {@code body} says what becomes of nested statements. */
  static LoopStmt mapRefs(
      LoopStmt statement, UnaryOperator<TileRef> ref, UnaryOperator<List<LoopStmt>> body) {
    return switch (statement) {
      case LoopStmt.Scalar s -> s;
      case LoopStmt.ReadElement s ->
          new LoopStmt.ReadElement(s.loc(), s.result(), ref.apply(s.source()));
      case LoopStmt.WriteElement s ->
          new LoopStmt.WriteElement(s.loc(), ref.apply(s.target()), s.value());
      case LoopStmt.For s ->
          new LoopStmt.For(
              s.loc(),
              s.induction(),
              s.unsigned(),
              s.lower(),
              s.upper(),
              s.step(),
              s.inits(),
              s.carried(),
              body.apply(s.body()),
              s.yields(),
              s.results());
      case LoopStmt.While s ->
          new LoopStmt.While(
              s.loc(),
              s.inits(),
              s.carried(),
              body.apply(s.before()),
              s.condition(),
              s.forwarded(),
              s.bodyParams(),
              body.apply(s.body()),
              s.yields(),
              s.results());
      case LoopStmt.If s ->
          new LoopStmt.If(
              s.loc(),
              s.condition(),
              body.apply(s.thenBody()),
              s.thenYields(),
              body.apply(s.elseBody()),
              s.elseYields(),
              s.results());
      case LoopStmt.Nest s ->
          new LoopStmt.Nest(
              s.loc(),
              s.shape(),
              s.body().stream().map(lane -> LaneCode.mapped(lane, ref, a -> a)).toList());
      case LoopStmt.Dot s -> mapRefs(s, ref);
      case LoopStmt.Scan s ->
          new LoopStmt.Scan(
              s.loc(),
              s.shape(),
              s.axis(),
              s.reverse(),
              s.combine(),
              s.sources().stream().map(ref).toList(),
              s.targets().stream().map(ref).toList());
      case LoopStmt.MapElementwise s ->
          new LoopStmt.MapElementwise(
              s.loc(),
              s.shape(),
              s.pack(),
              s.body(),
              s.sources().stream().map(ref).toList(),
              s.targets().stream().map(ref).toList());
      case LoopStmt.Histogram s ->
          new LoopStmt.Histogram(
              s.loc(),
              s.size(),
              s.bins(),
              ref.apply(s.source()),
              s.mask().map(ref),
              ref.apply(s.target()));
      case LoopStmt.Print s ->
          new LoopStmt.Print(
              s.loc(),
              s.op(),
              s.operands().stream()
                  .map(o -> new LoopStmt.PrintOperand(o.scalar(), o.tile().map(ref), o.shape()))
                  .toList());
    };
  }

  /** A product over many blocks, with other scalars. */
  static LoopStmt.Dot repeated(LoopStmt.Dot s, Value repeats, Rewriter scalars) {
    return new LoopStmt.Dot(
        s.loc(),
        s.batch(),
        s.m(),
        s.n(),
        s.k(),
        Optional.of(repeats),
        LaneCode.withScalars(s.a(), scalars),
        LaneCode.withScalars(s.b(), scalars),
        s.acc(),
        s.accumulates());
  }

  private static LoopStmt mapRefs(LoopStmt.Dot s, UnaryOperator<TileRef> ref) {
    return new LoopStmt.Dot(
        s.loc(),
        s.batch(),
        s.m(),
        s.n(),
        s.k(),
        s.repeats(),
        s.a().mapped(ref),
        s.b().mapped(ref),
        ref.apply(s.acc()),
        s.accumulates());
  }
}
