"""What each attribute name means: the conventions of OpenTelemetry, OpenInference, OpenLLMetry, Vercel and Langfuse.

One table of names for one column each; where several names tell the same, the lower rank wins. What is not in a table
is told by its prefix. A name is looked up once: the answer is remembered.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["KINDS", "Meaning", "meaning"]

Role = Literal["column", "hint", "nest", "metadata", "kept", "unknown"]


class Meaning(NamedTuple):
    """What a name means: which column or nested table its value belongs to, and how strongly."""

    role: Role
    target: str = ""
    rank: int = 0
    rest: str = ""  # the name within the nested table


# column -> names, the strongest first
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "session_id": (
        "langfuse.session.id", "session.id", "gen_ai.conversation.id", "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id", "traceloop.association.properties.conversation_id",
        "ai.telemetry.metadata.sessionId", "gcp.vertex.agent.session_id", "mlflow.trace.session",
    ),
    "task_id": ("task.id", "test.case.name", "test.case.id"),
    "trial": ("task.trial",),
    "user_id": (
        "langfuse.user.id", "user.id", "enduser.id", "traceloop.association.properties.user_id",
        "ai.telemetry.metadata.userId", "mlflow.trace.user",
    ),
    "consent": ("user.consent", "consent", "user_consent", "session.consent"),
    "agent_name": ("gen_ai.agent.name", "agent.name"),
    "agent_version": ("gen_ai.agent.version", "langfuse.release", "langfuse.version"),
    "environment": ("langfuse.environment", "deployment.environment.name", "deployment.environment"),
    "model": (
        "gen_ai.response.model", "llm.response.model_name", "llm.model_name", "ai.response.model",
        "gen_ai.request.model", "llm.request.model_name", "langfuse.observation.model.name", "ai.model.id",
        "embedding.model_name", "reranker.model_name",
    ),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"),
    "input_tokens": (
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "ai.usage.inputTokens",
        "ai.usage.promptTokens", "llm.usage.prompt_tokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
        "ai.usage.outputTokens", "ai.usage.completionTokens", "llm.usage.completion_tokens",
    ),
    "total_tokens": (
        "gen_ai.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens", "llm.usage.total_tokens",
        "ai.usage.tokens",
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read", "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write", "ai.usage.inputTokenDetails.cacheWriteTokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens",
        "ai.usage.outputTokenDetails.reasoningTokens",
    ),
    "input_cost": ("llm.cost.prompt", "gen_ai.usage.input_cost", "gen_ai.cost.input"),
    "output_cost": ("llm.cost.completion", "gen_ai.usage.output_cost", "gen_ai.cost.output"),
    "total_cost": (
        "llm.cost.total", "gen_ai.usage.cost", "gen_ai.usage.total_cost", "gen_ai.cost.total", "gen_ai.cost",
        "operation.cost",
    ),
    "tool_name": ("gen_ai.tool.name", "tool.name", "ai.toolCall.name"),
    "tool_call_id": ("gen_ai.tool.call.id", "tool_call.id", "tool.id", "ai.toolCall.id"),
    "tool_arguments": (
        "gen_ai.tool.call.arguments", "tool_arguments", "ai.toolCall.args", "ai.toolCall.input",
        "gcp.vertex.agent.tool_call_args",
    ),
    "tool_result": (
        "gen_ai.tool.call.result", "tool_response", "ai.toolCall.result", "ai.toolCall.output",
        "gcp.vertex.agent.tool_response",
    ),
    "documents": ("gen_ai.retrieval.documents",),
    "tags": ("tag.tags", "langfuse.trace.tags"),
    "input": (
        "input.value", "langfuse.observation.input", "traceloop.entity.input", "gen_ai.task.input",
        "gen_ai.retrieval.query.text", "db.query.text", "langfuse.trace.input", "ai.value", "ai.values",
    ),
    "output": (
        "output.value", "langfuse.observation.output", "traceloop.entity.output", "gen_ai.task.output",
        "langfuse.trace.output", "ai.response.object",
    ),
    "error_type": ("error.type", "exception.type"),
    "error_message": ("exception.message", "langfuse.observation.status_message", "error.message"),
}  # fmt: skip

# what columns are made of
_HINTS: Final[dict[str, tuple[str, ...]]] = {
    "given": (
        "gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt", "gcp.vertex.agent.llm_request",
    ),
    "said": ("gen_ai.output.messages", "gen_ai.completion", "gcp.vertex.agent.llm_response"),
    "system": ("gen_ai.system_instructions",),
    "operation": ("gen_ai.operation.name",),
    "oi_kind": ("openinference.span.kind",),
    "lf_kind": ("langfuse.observation.type",),
    "tl_kind": ("traceloop.span.kind",),
    "ai_kind": ("ai.operationId",),
    "request": ("llm.request.type",),
    "level": ("langfuse.observation.level",),
    "usage": ("langfuse.observation.usage_details",),
    "cost": ("langfuse.observation.cost_details",),
    "answer_text": ("ai.response.text",),
    "answer_calls": ("ai.response.toolCalls",),
    "metadata": ("metadata", "langfuse.trace.metadata", "langfuse.observation.metadata"),
    "entity": ("traceloop.entity.name",),
    "version": ("traceloop.entity.version",),
}  # fmt: skip

_NESTED: Final = {
    "llm.input_messages.": "given",
    "llm.output_messages.": "said",
    "gen_ai.prompt.": "given",
    "gen_ai.completion.": "said",
    "retrieval.documents.": "documents",
    "reranker.output_documents.": "documents",
    "annotations.": "annotations",
    "evaluations.": "annotations",
    "trace.annotations.": "trace_annotations",
    "trace.evaluations.": "trace_annotations",
    "session.annotations.": "session_annotations",
    "session.evaluations.": "session_annotations",
}

_METADATA: Final = (
    "metadata.", "langfuse.trace.metadata.", "langfuse.observation.metadata.", "traceloop.association.properties.",
    "ai.telemetry.metadata.",
)  # fmt: skip

_KEPT: Final = (  # understood, but no column is made of it
    "gen_ai.", "llm.", "ai.", "openinference.", "traceloop.", "langfuse.", "tool.", "input.", "output.", "server.",
    "telemetry.", "service.", "operation.name", "resource.name", "otel.", "scope.", "host.", "os.", "process.",
    "network.", "http.", "url.", "rpc.", "db.", "graph.", "embedding.", "reranker.", "prompt.", "thread.", "code.",
    "resource.", "exception.", "k8s.", "container.", "cloud.", "logfire.", "mlflow.", "gcp.",
)  # fmt: skip

KINDS: Final[dict[str, str]] = {
    # gen_ai.operation.name
    "chat": "llm", "generate_content": "llm", "text_completion": "llm", "completion": "llm", "embeddings": "embedding",
    "retrieval": "retrieval", "create_agent": "task", "invoke_agent": "agent", "invoke_workflow": "workflow",
    "plan": "task", "execute_tool": "tool", "create_memory": "task", "search_memory": "task", "update_memory": "task",
    "upsert_memory": "task", "delete_memory": "task",
    # OpenInference, OpenLLMetry and Langfuse, lower case
    "tool": "tool", "chain": "task", "llm": "llm", "retriever": "retrieval", "embedding": "embedding", "agent": "agent",
    "reranker": "reranker", "guardrail": "guardrail", "evaluator": "evaluator", "prompt": "other", "decision": "other",
    "workflow": "workflow", "task": "task", "generation": "llm", "event": "other", "span": "other", "unknown": "other",
    "rerank": "reranker", "memory": "task", "chat_model": "llm", "parser": "task",
    # Vercel's ai.operationId; the outer span of a call repeats what the inner one says
    "ai.generateText.doGenerate": "llm", "ai.streamText.doStream": "llm", "ai.generateObject.doGenerate": "llm",
    "ai.streamObject.doStream": "llm", "ai.generateText": "agent", "ai.streamText": "agent",
    "ai.generateObject": "agent", "ai.streamObject": "agent", "ai.toolCall": "tool", "ai.embed": "task",
    "ai.embedMany": "task", "ai.embed.doEmbed": "embedding", "ai.embedMany.doEmbed": "embedding",
}  # fmt: skip

_ROLES: Final[tuple[tuple[Role, dict[str, tuple[str, ...]]], ...]] = (("column", _COLUMNS), ("hint", _HINTS))
_TABLE: Final = {
    name: Meaning(role, target, rank)
    for role, table in _ROLES
    for target, names in table.items()
    for rank, name in enumerate(names)
}
_REMEMBERED: Final = 50_000  # hostile names must not fill the memory
_memory: dict[str, Meaning] = dict(_TABLE)


def meaning(name: str) -> Meaning:
    """What an attribute's name means.

    >>> meaning("gen_ai.request.model").target, meaning("llm.input_messages.0.message.role").rest
    ('model', '0.message.role')
    """
    known = _memory.get(name)
    if known is None:
        known = _by_prefix(name)
        if len(_memory) < _REMEMBERED:
            _memory[name] = known
    return known


def _by_prefix(name: str) -> Meaning:
    for prefix, target in _NESTED.items():
        if name.startswith(prefix) and name[len(prefix) : len(prefix) + 1].isdecimal():
            return Meaning("nest", target, 0, name[len(prefix) :])
    for prefix in _METADATA:
        if name.startswith(prefix):
            return Meaning("metadata", "", 0, name[len(prefix) :])
    return Meaning("kept" if name.startswith(_KEPT) else "unknown")
