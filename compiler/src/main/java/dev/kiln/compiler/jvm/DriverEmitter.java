package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Driver code: scalar statements, with a call for each loop nest. A block that would make its
 * method too large is cut into pieces that become methods.
 */
final class DriverEmitter {
  /** How the names of methods that hold a loop nest start. */
  private final KernelWriter kernel;

  private final CodeWriter writer;
  private final ControlFlow flow;
  private final ScalarBlocks scalars;

  DriverEmitter(KernelWriter kernel, CodeWriter writer) {
    this.kernel = kernel;
    this.writer = writer;
    this.flow = new ControlFlow(writer);
    this.scalars = new ScalarBlocks(writer);
  }

  void emitBody(List<LoopStmt> statements) {
    emitBlock(statements, List.of());
  }

  /**
   * @param needed what is used of the block after its end
   */
  private void emitBlock(List<LoopStmt> statements, Collection<Value> needed) {
    int budget = kernel.methodBudget();
    if (statements.size() <= 1 || CodeSize.of(statements, budget) <= budget) {
      statements.forEach(this::emit);
      return;
    }
    List<List<LoopStmt>> pieces = cut(statements, budget);
    for (int i = 0; i < pieces.size(); i++) {
      List<LoopStmt> rest =
          pieces.subList(i + 1, pieces.size()).stream().flatMap(List::stream).toList();
      emitPiece(pieces.get(i), rest, needed);
    }
  }

  private static List<List<LoopStmt>> cut(List<LoopStmt> statements, int budget) {
    var pieces = new ArrayList<List<LoopStmt>>();
    var piece = new ArrayList<LoopStmt>();
    int size = 0;
    for (LoopStmt statement : statements) {
      int next = CodeSize.of(statement, budget);
      if (!piece.isEmpty() && size + next > budget) {
        pieces.add(List.copyOf(piece));
        piece.clear();
        size = 0;
      }
      piece.add(statement);
      size += next;
    }
    pieces.add(List.copyOf(piece));
    return pieces;
  }

  private void emitPiece(List<LoopStmt> piece, List<LoopStmt> rest, Collection<Value> needed) {
    Definitions definitions = writer.definitions();
    Set<Value> later = Collections.newSetFromMap(new IdentityHashMap<>());
    later.addAll(FreeValues.of(definitions, rest));
    needed.forEach(v -> later.add(definitions.resolve(v)));
    List<Value> outputs =
        piece.stream().flatMap(s -> defined(s).stream()).filter(later::contains).toList();
    kernel.callOutlined(
        writer,
        "piece",
        FreeValues.of(definitions, piece),
        outputs,
        w -> piece.forEach(new DriverEmitter(kernel, w)::emit));
  }

  /** What a statement defines for those after it. */
  private static List<Value> defined(LoopStmt statement) {
    return switch (statement) {
      case LoopStmt.Scalar s -> s.op().results();
      case LoopStmt.ReadElement r -> List.of(r.result());
      case LoopStmt.For f -> f.results();
      case LoopStmt.While w -> w.results();
      case LoopStmt.If i -> i.results();
      case LoopStmt.WriteElement _,
          LoopStmt.Nest _,
          LoopStmt.Dot _,
          LoopStmt.Scan _,
          LoopStmt.MapElementwise _,
          LoopStmt.Histogram _,
          LoopStmt.Print _ ->
          List.of();
    };
  }

  private void emit(LoopStmt statement) {
    switch (statement) {
      case LoopStmt.Scalar s -> scalars.expandAndEmit(s.op());
      case LoopStmt.ReadElement r -> {
        new MemoryAccess(writer).load(r.source().dtype(), () -> pushBase(r.source()));
        writer.define(r.result());
      }
      case LoopStmt.WriteElement w ->
          new MemoryAccess(writer)
              .store(w.target().dtype(), () -> pushBase(w.target()), () -> writer.push(w.value()));
      case LoopStmt.For f -> emitFor(f);
      case LoopStmt.While w -> emitWhile(w);
      case LoopStmt.If i ->
          flow.branch(
              i.condition(),
              i.results(),
              () -> emitBlock(i.thenBody(), i.thenYields()),
              i.thenYields(),
              () -> emitBlock(i.elseBody(), i.elseYields()),
              i.elseYields());
      case LoopStmt.Nest n -> emitNest(n);
      case LoopStmt.Scan s -> outline("scan", s, w -> new ScanEmitter(w).emit(s));
      case LoopStmt.MapElementwise m -> outline("map", m, w -> new ElementEmitter(w).emit(m));
      case LoopStmt.Histogram h -> outline("histogram", h, w -> new ElementEmitter(w).emit(h));
      case LoopStmt.Dot d -> outline("dot", d, w -> new DotEmitter(kernel, w).emit(d));
      case LoopStmt.Print p -> new PrintEmitter(kernel, writer).emit(p);
    }
  }

  private String outline(
      String prefix, LoopStmt statement, java.util.function.Consumer<CodeWriter> body) {
    List<Value> inputs = FreeValues.of(writer.definitions(), statement);
    return kernel.callOutlined(writer, prefix, inputs, List.of(), body);
  }

  private void emitNest(LoopStmt.Nest nest) {
    int pieces = kernel.piecesOf(nest);
    List<LoopStmt.Nest> nests =
        pieces == 1
            ? List.of(nest)
            : NestSplit.split(nest, pieces, kernel.definitions(), kernel.scratch());
    for (LoopStmt.Nest piece : nests) {
      String name = outline("nest", piece, w -> NestEmitter.emit(kernel, w, piece));
      kernel.record(name, nest);
    }
  }

  private void emitFor(LoopStmt.For loop) {
    flow.forLoop(
        loop.induction(),
        loop.unsigned(),
        loop.lower(),
        loop.upper(),
        loop.step(),
        new ControlFlow.Carried(loop.inits(), loop.carried(), loop.yields(), loop.results()),
        () -> emitBlock(loop.body(), loop.yields()));
  }

  private void emitWhile(LoopStmt.While loop) {
    var tested = new ArrayList<>(loop.forwarded());
    tested.add(loop.condition());
    flow.whileLoop(
        new ControlFlow.Carried(loop.inits(), loop.carried(), loop.yields(), loop.results()),
        () -> emitBlock(loop.before(), tested),
        loop.condition(),
        loop.forwarded(),
        loop.bodyParams(),
        () -> emitBlock(loop.body(), loop.yields()));
  }

  private void pushBase(TileRef ref) {
    pushBase(writer, ref);
  }

  /** Offset in memory of the element at index 0. */
  static void pushBase(CodeWriter writer, TileRef ref) {
    switch (ref.base()) {
      case TileRef.Scratch scratch -> writer.pushScratchOffset(scratch.offset());
      case TileRef.Global global -> {
        writer.push(global.pointer());
        writer.pushMemoryBase();
        writer.code().lsub();
      }
    }
  }
}
