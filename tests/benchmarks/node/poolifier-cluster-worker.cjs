// Not a module: in poolifier 5.3 a cluster worker that is one never answers.
const { ClusterWorker } = require('poolifier')

module.exports = new ClusterWorker((number) => number)
